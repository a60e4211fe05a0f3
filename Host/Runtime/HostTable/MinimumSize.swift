/// Sizes in bytes that the structs of ABI 1.0 have on 64-bit machines. A struct of a plugin must be at least as large; one that is
/// larger comes from newer headers, and what it has beyond is not looked at.
enum MinimumSize {
    static let moduleVersion = 16
    static let module = 72
    static let service = 88
    static let error = 80
    static let publication = 40
    static let columnName = 72
    static let points = 48
    static let columnSearch = 72
    static let read = 40
    static let route = 64
    static let response = 40
    static let health = 16
    static let command = 152
    static let commandConfirmation = 72
    static let commandDecision = 56
    static let commandDevice = 80
    static let commandOutcomes = 16
    static let state = 32
}

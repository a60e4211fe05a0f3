import _StringProcessing

/// A regular expression of a query. InfluxQL uses Go's RE2 syntax; what queries use of it means the same in Swift's.
///
/// `Regex` is immutable once made, but the standard library does not declare it sendable.
struct RegularExpression: @unchecked Sendable, Hashable {
    /// The longest pattern taken; a limit on what a client can make the engine compile.
    static let longestPattern = 1024

    let pattern: String
    private let regex: Regex<AnyRegexOutput>
    /// A pattern without any operator is a plain substring.
    private let plain: Bool

    /// - Throws: ``InfluxQLError`` if the pattern is too long or not a regular expression.
    init(_ pattern: String) throws(InfluxQLError) {
        guard pattern.utf8.count <= Self.longestPattern else {
            throw .syntax(
                "regular expression of \(pattern.utf8.count) bytes is too long, the limit is \(Self.longestPattern) bytes")
        }
        self.pattern = pattern
        plain = !pattern.isEmpty && pattern.unicodeScalars.allSatisfy { $0.continuesIdentifier || $0 == "-" || $0 == " " }
        do {
            // RE2 matches code points and `$` at the very end of the text.
            regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
        } catch {
            throw .syntax("error parsing regexp: `\(pattern)` is not a valid regular expression")
        }
    }

    /// Whether the pattern matches anywhere in `text`.
    func matches(_ text: String) -> Bool {
        if plain { return text.firstRange(of: pattern) != nil }
        return (try? regex.firstMatch(in: text)) != nil
    }

    static func == (left: RegularExpression, right: RegularExpression) -> Bool { left.pattern == right.pattern }

    func hash(into hasher: inout Hasher) { hasher.combine(pattern) }
}

/// Fields of a query or of an `application/x-www-form-urlencoded` body; of a field given twice, `all` has both and the subscript the
/// first.
struct Form: Sendable {
    private var fields: [(name: String, value: String)] = []

    init() {}

    /// Reads `a=1&b=2`; a field that is not UTF-8 after decoding is left out.
    init(parsing text: Substring) {
        for field in text.split(separator: "&").prefix(256) {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Form.percentDecode(pair[0], plusIsSpace: true),
                let value = Form.percentDecode(pair.count > 1 ? pair[1] : "", plusIsSpace: true)
            else { continue }
            fields.append((name, value))
        }
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

    /// The fields of this form, then those of the other.
    func merged(with other: Form) -> Form {
        var merged = self
        merged.fields += other.fields
        return merged
    }

    /// Nil when an escape is malformed or the result is not UTF-8.
    static func percentDecode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(UInt8(ascii: " "))
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

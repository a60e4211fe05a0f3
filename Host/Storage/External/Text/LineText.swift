/// Writes the InfluxDB line protocol: what `LineProtocol/` reads.
enum LineText {
    /// The measurement and the tags in front of the fields.
    static func seriesKey(measurement: String, tags: [Tag]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(measurement, escaping: [UInt8(ascii: ","), UInt8(ascii: " ")], to: &bytes)
        for tag in tags {
            bytes.append(UInt8(ascii: ","))
            append(tag.key, escaping: keyEscapes, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            append(tag.value, escaping: keyEscapes, to: &bytes)
        }
        return bytes
    }

    /// A field's name and the `=` after it.
    static func fieldKey(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(name, escaping: keyEscapes, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        return bytes
    }

    static func append(_ points: PointBlock, at index: Int, type: FieldType, to bytes: inout [UInt8]) {
        switch points.value(at: index, type: type) {
        case .float(let value): append(ascii: value.description, to: &bytes)
        case .integer(let value): append(ascii: "\(value)i", to: &bytes)
        case .boolean(let value): bytes.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .text(let value):
            bytes.append(UInt8(ascii: "\""))
            append(value, escaping: [UInt8(ascii: "\""), UInt8(ascii: "\\")], to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    static func append(ascii text: String, to bytes: inout [UInt8]) { bytes.append(contentsOf: text.utf8) }

    /// Why a name cannot stand in the line protocol, or `nil`.
    static func problem(of name: String) -> String? {
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "has a control character" }
        if name.hasSuffix("\\") { return "ends in a backslash" }
        return nil
    }

    private static let keyEscapes = [UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "=")]

    private static func append(_ text: String, escaping: [UInt8], to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            if escaping.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
    }
}

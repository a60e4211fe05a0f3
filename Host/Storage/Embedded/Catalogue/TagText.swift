/// Tags as one line of text, `key=value,key=value`, with a backslash before `,`, `=` and `\`: readable in the catalogue file.
enum TagText {
    static func encode(_ tags: [Tag]) -> String {
        tags.map { escape($0.key) + "=" + escape($0.value) }.joined(separator: ",")
    }

    static func decode(_ text: String) -> [Tag] {
        var tags: [Tag] = []
        var key: [UInt8]?
        var part: [UInt8] = []
        var isEscaped = false
        func finish() {
            if let key { tags.append(Tag(String(decoding: key, as: UTF8.self), String(decoding: part, as: UTF8.self))) }
        }
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                part.append(byte)
                isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "=") where key == nil:
                key = part
                part = []
            case UInt8(ascii: ","):
                finish()
                key = nil
                part = []
            default: part.append(byte)
            }
        }
        finish()
        return tags
    }

    private static func escape(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\\") {
                bytes.append(UInt8(ascii: "\\"))
            }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

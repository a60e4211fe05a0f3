public import PluginAPI
internal import StreamedXML

extension UFTPElement {
    /// As XML, with a declaration.
    public var xml: String { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text(indent: "") }

    private func text(indent: String) -> String {
        let list = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\"\(Self.escaped($0.value))\"" }.joined()
        guard !children.isEmpty else { return "\(indent)<\(name)\(list)/>\n" }
        return "\(indent)<\(name)\(list)>\n" + children.map { $0.text(indent: indent + "  ") }.joined() + "\(indent)</\(name)>\n"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\r", "\t": escaped += " "
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// Reads XML. Elements may be in any namespace; texts between them mean nothing.
    /// - Throws: ``Status/invalidArgument`` with line and reason.
    public init(xml bytes: UnsafeRawBufferPointer) throws(ServiceError) {
        let reader = ElementReader()
        guard let stream = XMLStream(handler: reader, fileName: "the message") else { throw .internal("there is no memory to read XML") }
        _ = stream.push(bytes.bindMemory(to: UInt8.self))
        if let refusal = reader.refusal { throw .invalidArgument(refusal) }
        if let (line, sentence) = stream.finish() { throw .invalidArgument("the message is no XML, line \(line): \(sentence)") }
        guard let root = reader.root else { throw .invalidArgument("the message has no element") }
        self = root
    }
}

internal import CPluginAPI
internal import Foreign
internal import Glibc

/// Loads a library that is no service into a runner, and makes a module of it as its manifest says.
enum ForeignLoader {
    static func load(_ image: String, path: String, service: String, description: ForeignDescription) throws(LibraryRefusal) -> LoadedModule {
        try ELFHeader.check(image, path: path)
        let library: NativeLibrary
        do throws(NativeLibrary.Refusal) {
            library = try NativeLibrary(image: image, path: path, description: description)
        } catch { throw .notALibrary(error.description) }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let module = ForeignModule.make(service: service, file: file, description: description, library: library) { sentence in
            // Nothing in this process can be believed any more: it ends as by a crash, and says why on its standard error.
            let line = "\(sentence)\n"
            _ = write(2, line, line.utf8.count)
            abort()
        }
        return try Negotiation(path: path, hostVersion: "").check(module)
    }
}

/// The description of a foreign library, which a runner reads again out of the section that the host has read: its file, or an empty text
/// for a library that is a service; its subscriptions; its nodes, each with kind, line and content.
extension FrameWriter {
    func append(foreign description: ForeignDescription?) {
        append(description?.file ?? "")
        guard let description else { return }
        append(UInt32(description.subscriptions.count))
        for subscription in description.subscriptions { append(subscription) }
        append(description.section)
    }

    private func append(_ node: SectionNode) {
        switch node.content {
        case .scalar(let text, let isPlain):
            append(UInt32(isPlain ? 0 : 1))
            append(UInt32(clamping: node.line))
            append(text)
        case .list(let items):
            append(UInt32(2))
            append(UInt32(clamping: node.line))
            append(UInt32(items.count))
            for item in items { append(item) }
        case .mapping(let entries):
            append(UInt32(3))
            append(UInt32(clamping: node.line))
            append(UInt32(entries.count))
            for entry in entries {
                append(entry.key)
                append(UInt32(clamping: entry.line))
                append(entry.value)
            }
        }
    }
}

extension FrameReader {
    /// Nil for a library that is a service.
    mutating func foreign() throws(MalformedFrame) -> ForeignDescription? {
        let file = try text()
        guard !file.isEmpty else { return nil }
        var subscriptions: [String] = []
        for _ in 0..<(try number(UInt32.self)) { subscriptions.append(try text()) }
        let (description, problems) = ForeignDescription.read(try section(), file: file, subscriptions: subscriptions)
        guard problems.isEmpty else { throw MalformedFrame("the section 'foreign' of \(file) has changed on its way") }
        return description
    }

    private mutating func section() throws(MalformedFrame) -> SectionNode {
        let kind = try number(UInt32.self)
        let line = Int(try number(UInt32.self))
        switch kind {
        case 0, 1: return SectionNode(line: line, content: .scalar(try text(), isPlain: kind == 0))
        case 2:
            var items: [SectionNode] = []
            for _ in 0..<(try number(UInt32.self)) { items.append(try section()) }
            return SectionNode(line: line, content: .list(items))
        default:
            var entries: [SectionEntry] = []
            for _ in 0..<(try number(UInt32.self)) {
                let key = try text()
                let line = Int(try number(UInt32.self))
                entries.append(SectionEntry(key: key, line: line, value: try section()))
            }
            return SectionNode(line: line, content: .mapping(entries))
        }
    }
}

extension SupervisedService {
    /// Whether a start failed because a foreign library is not what its manifest says: no later attempt would end otherwise.
    func isRefusedByForeign(_ fault: ServiceFault) -> Bool {
        manifest.foreign != nil && fault.status == dsotp_status(DSOTP_INVALID_CONFIGURATION)
    }
}

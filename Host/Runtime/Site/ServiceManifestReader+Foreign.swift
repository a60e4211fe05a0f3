internal import Foreign
internal import Topics

/// The `foreign` section, which the module Foreign reads.
extension ServiceManifestReader {
    func foreign(_ manifest: MappingReader, subscriptions: [ServiceSubscription]) -> ForeignDescription? {
        // What is wrong with 'isolation' itself is told where it is read.
        var isForeign = false
        if case .scalar(ServiceManifest.Isolation.foreign.rawValue, _) = manifest.node("isolation")?.content { isForeign = true }
        guard let section = manifest.node("foreign") else {
            if isForeign { manifest.missing("foreign", expected: "what the library's functions are and what they are called for") }
            return nil
        }
        guard isForeign else {
            manifest.report("foreign", "'foreign' describes a library that is no service (expected isolation: foreign beside it; got another; add it)")
            return nil
        }
        let (description, found) = ForeignDescription.read(
            SectionNode(section), file: file, subscriptions: subscriptions.map(\.filter.description))
        for problem in found { problems.add(ManifestPlace(file: file, line: problem.line), problem.sentence) }
        return found.isEmpty ? description : nil
    }
}

extension SectionNode {
    fileprivate init(_ node: ManifestNode) {
        let content: SectionContent =
            switch node.content {
            case .scalar(let text, let isPlain): .scalar(text, isPlain: isPlain)
            case .list(let items): .list(items.map { SectionNode($0) })
            case .mapping(let entries): .mapping(entries.map { SectionEntry(key: $0.key, line: $0.line, value: SectionNode($0.value)) })
            }
        self.init(line: node.line, content: content)
    }
}

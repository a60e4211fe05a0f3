/// Retained messages in memory, as a tree of topic levels.
final class RetainedTree: RetainedStore {
    private final class Node {
        var children: [[UInt8]: Node] = [:]
        var message: Message?
    }

    /// What one level costs beside its text: a node, its dictionary and the entry in its parent's.
    private static let nodeBytes = 256

    private let root = Node()
    private(set) var count = 0
    private(set) var byteCount = 0

    func retain(_ packet: PublishPacket) {
        if packet.payload.isEmpty {
            remove(packet.topic)
            return
        }
        var node = root
        var levels = TopicLevels(packet.topic)
        while let level = levels.next() {
            let key = Array(level)
            if let child = node.children[key] {
                node = child
            } else {
                let child = Node()
                node.children[key] = child
                byteCount += Self.nodeBytes
                node = child
            }
        }
        replace(node, with: Message.copy(packet))
    }

    func message(on topic: UnsafeRawBufferPointer) -> Message? {
        var node = root
        var levels = TopicLevels(topic)
        while let level = levels.next() {
            guard let child = node.children[Array(level)] else { return nil }
            node = child
        }
        return node.message
    }

    private func remove(_ topic: UnsafeRawBufferPointer) {
        var path: [(parent: Node, key: [UInt8])] = []
        var node = root
        var levels = TopicLevels(topic)
        while let level = levels.next() {
            let key = Array(level)
            guard let child = node.children[key] else { return }
            path.append((node, key))
            node = child
        }
        replace(node, with: nil)
        for (parent, key) in path.reversed() {
            guard let child = parent.children[key], child.message == nil, child.children.isEmpty else { return }
            parent.children[key] = nil
            byteCount -= Self.nodeBytes
        }
    }

    private func replace(_ node: Node, with message: Message?) {
        if let old = node.message {
            count -= 1
            byteCount -= old.byteCount
        }
        node.message = message
        if let message {
            count += 1
            byteCount += message.byteCount
        }
    }

    func forEachMatch(_ filter: UnsafeRawBufferPointer, _ body: (Message) -> Void) {
        var frontier = [root]
        var next: [Node] = []
        var levels = TopicLevels(filter)
        var isFirst = true
        while let level = levels.next() {
            if level.isLevel(TopicRules.hash) {
                frontier.forEach { visit($0, excludingSystemTopics: isFirst, body) }
                return
            }
            next.removeAll(keepingCapacity: true)
            if level.isLevel(TopicRules.plus) {
                for node in frontier {
                    for (key, child) in node.children where !(isFirst && key.first == TopicRules.dollar) {
                        next.append(child)
                    }
                }
            } else {
                let key = Array(level)
                next += frontier.compactMap { $0.children[key] }
            }
            isFirst = false
            swap(&frontier, &next)
        }
        for node in frontier { if let message = node.message { body(message) } }
    }

    /// Everything at and below a node, iteratively: topics may be 128 levels deep.
    private func visit(_ start: Node, excludingSystemTopics: Bool, _ body: (Message) -> Void) {
        if let message = start.message { body(message) }
        var pending: [Node] = []
        for (key, child) in start.children where !(excludingSystemTopics && key.first == TopicRules.dollar) {
            pending.append(child)
        }
        while let node = pending.popLast() {
            if let message = node.message { body(message) }
            pending += node.children.values
        }
    }
}

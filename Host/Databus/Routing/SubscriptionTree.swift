/// Who subscribed to what: a tree of topic levels with links of their own for "+" and "#".
///
/// Walked only when a topic is not in the `RouteCache`, or something changed since; iterative, so that depth costs no
/// stack.
final class SubscriptionTree {
    let root = SubscriptionNode()
    let hash: TopicHash
    /// Grows with every change; what was resolved under an older value must be resolved again.
    private(set) var generation: UInt64 = 1
    /// Filters of remote and local sessions.
    private(set) var count = 0
    /// Bytes of the nodes, about.
    private(set) var byteCount = 0
    /// What one level costs beside its text: a node, its dictionary and the entry in its parent's.
    private static let nodeBytes = 256

    init(hash: TopicHash = TopicHash()) { self.hash = hash }

    /// Adds a remote session's filter or changes its QoS. The filter is well-formed.
    func subscribe(_ session: Session, filter: UnsafeRawBufferPointer, qos: UInt8) {
        generation &+= 1
        let node = makeNode(filter)
        if let index = node.sessions.firstIndex(where: { $0.session === session }) {
            node.sessions[index].qos = qos
        } else {
            node.sessions.append((session, qos))
            count += 1
        }
    }

    /// Adds one filter of a local session.
    func subscribe(_ session: LocalSession, filter: UnsafeRawBufferPointer, index: Int) {
        generation &+= 1
        makeNode(filter).locals.append((session, index))
        count += 1
    }

    /// Removes a remote session's filter; nothing happens when it is not there.
    func unsubscribe(_ session: Session, filter: UnsafeRawBufferPointer) {
        guard let node = findNode(filter), let index = node.sessions.firstIndex(where: { $0.session === session })
        else { return }
        generation &+= 1
        count -= 1
        node.sessions.swapAt(index, node.sessions.count - 1)
        node.sessions.removeLast()
        prune(node)
    }

    /// Removes a filter of a local session.
    func unsubscribe(_ session: LocalSession, filter: UnsafeRawBufferPointer) {
        guard let node = findNode(filter) else { return }
        generation &+= 1
        let before = node.locals.count
        node.locals.removeAll { $0.session === session }
        count -= before - node.locals.count
        prune(node)
    }

    /// Calls `body` with every node whose filter matches the topic (MQTT 3.1.1, section 4.7).
    func forEachMatch(_ topic: UnsafeRawBufferPointer, _ body: (SubscriptionNode) -> Void) {
        var levels = TopicLevels(topic)
        var frontier = [root]
        var next: [SubscriptionNode] = []
        var isSystemTopic = topic.first == TopicRules.dollar
        while let level = levels.next() {
            let levelHash = hash(level)
            next.removeAll(keepingCapacity: true)
            for node in frontier {
                if !isSystemTopic {
                    if let rest = node.hash { body(rest) }
                    if let any = node.plus { next.append(any) }
                }
                if let exact = node.child(level, hash: levelHash) { next.append(exact) }
            }
            isSystemTopic = false
            swap(&frontier, &next)
            if frontier.isEmpty { return }
        }
        for node in frontier {
            body(node)
            if let rest = node.hash { body(rest) }
        }
    }

    private func makeNode(_ filter: UnsafeRawBufferPointer) -> SubscriptionNode {
        var node = root
        var levels = TopicLevels(filter)
        while let level = levels.next() {
            node = child(of: node, level) ?? makeChild(of: node, level)
        }
        return node
    }

    private func child(of node: SubscriptionNode, _ level: UnsafeRawBufferPointer) -> SubscriptionNode? {
        if level.isLevel(TopicRules.plus) { return node.plus }
        return level.isLevel(TopicRules.hash) ? node.hash : node.child(level, hash: hash(level))
    }

    private func makeChild(of node: SubscriptionNode, _ level: UnsafeRawBufferPointer) -> SubscriptionNode {
        byteCount += Self.nodeBytes
        if level.isLevel(TopicRules.plus) {
            let child = SubscriptionNode(parent: node)
            node.plus = child
            return child
        }
        if level.isLevel(TopicRules.hash) {
            let child = SubscriptionNode(parent: node)
            node.hash = child
            return child
        }
        byteCount += level.count
        return node.makeChild(level, hash: hash(level))
    }

    private func findNode(_ filter: UnsafeRawBufferPointer) -> SubscriptionNode? {
        var node = root
        var levels = TopicLevels(filter)
        while let level = levels.next() {
            guard let child = child(of: node, level) else { return nil }
            node = child
        }
        return node
    }

    /// Removes nodes that hold nothing any more, from the leaf upwards.
    private func prune(_ leaf: SubscriptionNode) {
        var node = leaf
        while node.isEmpty, let parent = node.parent {
            byteCount -= Self.nodeBytes + node.level.count
            if parent.plus === node {
                parent.plus = nil
            } else if parent.hash === node {
                parent.hash = nil
            } else {
                parent.removeChild(node, hash: node.level.withUnsafeBytes { hash($0) })
            }
            node = parent
        }
    }
}

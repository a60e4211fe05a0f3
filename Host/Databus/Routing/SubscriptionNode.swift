/// One level of the subscription tree.
final class SubscriptionNode {
    /// The level's UTF-8; empty for the root and for wildcard nodes, which are reached by their own link.
    let level: [UInt8]
    private(set) weak var parent: SubscriptionNode?
    /// Exact children by hash; those with equal hashes are chained by `nextWithSameHash`.
    private var children: [UInt64: SubscriptionNode] = [:]
    private var nextWithSameHash: SubscriptionNode?
    /// The child for "+".
    var plus: SubscriptionNode?
    /// The child for "#", which is always a leaf.
    var hash: SubscriptionNode?
    /// Remote sessions whose filter ends here.
    var sessions: [(session: Session, qos: UInt8)] = []
    /// Local sessions whose filter ends here, with the filter's index.
    var locals: [(session: LocalSession, index: Int)] = []

    init(level: [UInt8] = [], parent: SubscriptionNode? = nil) {
        self.level = level
        self.parent = parent
    }

    var isEmpty: Bool { children.isEmpty && plus == nil && hash == nil && sessions.isEmpty && locals.isEmpty }

    @inline(__always)
    func child(_ level: UnsafeRawBufferPointer, hash: UInt64) -> SubscriptionNode? {
        var node = children[hash]
        while let candidate = node {
            if candidate.level.withUnsafeBytes({ $0.hasSameBytes(as: level) }) { return candidate }
            node = candidate.nextWithSameHash
        }
        return nil
    }

    func makeChild(_ level: UnsafeRawBufferPointer, hash: UInt64) -> SubscriptionNode {
        if let existing = child(level, hash: hash) { return existing }
        let node = SubscriptionNode(level: Array(level), parent: self)
        node.nextWithSameHash = children[hash]
        children[hash] = node
        return node
    }

    func removeChild(_ node: SubscriptionNode, hash: UInt64) {
        guard let first = children[hash] else { return }
        if first === node {
            children[hash] = node.nextWithSameHash
            return
        }
        var previous = first
        while let next = previous.nextWithSameHash {
            if next === node {
                previous.nextWithSameHash = node.nextWithSameHash
                return
            }
            previous = next
        }
    }
}

/// From topic bytes to a `Route`: an open-addressed table, so that a topic seen before costs one hash and one compare,
/// no validation, no String and no walk of the tree.
struct RouteCache {
    private var slots: ContiguousArray<Route?>
    private(set) var count = 0
    private var serial: UInt64 = 0
    private var epoch: UInt64 = 0
    private let maximumCount: Int
    private let rules: TopicRules
    private let hash: TopicHash

    /// - Parameter maximumCount: topics kept; beyond it the table starts afresh, so memory stays bounded.
    init(rules: TopicRules, maximumCount: Int = 32_768, hash: TopicHash = TopicHash()) {
        self.rules = rules
        self.maximumCount = maximumCount
        self.hash = hash
        slots = ContiguousArray(repeating: nil, count: 256)
    }

    /// The topic's route, up to date with `tree`.
    /// - Throws: when the topic is no valid topic name.
    @inline(__always)
    mutating func route(for topic: UnsafeRawBufferPointer, in tree: SubscriptionTree) throws(TopicFault) -> Route {
        let topicHash = hash(topic)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: topicHash) & mask
        while let route = slots[slot] {
            if route.hash == topicHash, route.topic.withUnsafeBytes({ $0.hasSameBytes(as: topic) }) {
                if route.generation != tree.generation { resolve(route, in: tree) }
                return route
            }
            slot = (slot + 1) & mask
        }
        return try insert(topic, hash: topicHash, tree: tree)
    }

    /// Resolves a route anew after a change of subscriptions.
    mutating func refresh(_ route: Route, in tree: SubscriptionTree) { resolve(route, in: tree) }

    @inline(never)
    private mutating func resolve(_ route: Route, in tree: SubscriptionTree) {
        epoch += 1
        route.resolve(in: tree, epoch: epoch)
    }

    @inline(never)
    private mutating func insert(
        _ topic: UnsafeRawBufferPointer, hash: UInt64, tree: SubscriptionTree
    ) throws(TopicFault) -> Route {
        if let fault = rules.fault(inName: topic) { throw fault }
        if count >= maximumCount {
            slots = ContiguousArray(repeating: nil, count: 256)
            count = 0
        } else if (count + 1) * 2 > slots.count {
            grow()
        }
        serial += 1
        let route = Route(topic: Array(topic), hash: hash, serial: serial)
        resolve(route, in: tree)
        place(route)
        count += 1
        return route
    }

    private mutating func grow() {
        let old = slots
        slots = ContiguousArray(repeating: nil, count: old.count * 2)
        for case let route? in old { place(route) }
    }

    private mutating func place(_ route: Route) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: route.hash) & mask
        while slots[slot] != nil { slot = (slot + 1) & mask }
        slots[slot] = route
    }
}

/// Where messages on one topic go, resolved once and reused until subscriptions change.
final class Route {
    /// A remote session with the highest QoS among its matching filters (MQTT 3.1.1, 3.3.5-1).
    struct Remote {
        // Valid while the route's generation is the tree's: removing a session's filters changes that first.
        unowned(unsafe) let session: Session
        var qos: UInt8
    }

    /// A local session with the lowest index among its matching filters.
    struct Local {
        // As above.
        unowned(unsafe) let session: LocalSession
        var index: Int
    }

    /// The topic's UTF-8 and its hash.
    let topic: [UInt8]
    let hash: UInt64
    /// Distinguishes topics in permission caches; never reused.
    let serial: UInt64
    /// The tree's generation under which the receivers were resolved.
    var generation: UInt64 = 0
    var remotes: ContiguousArray<Remote> = []
    var locals: ContiguousArray<Local> = []
    /// Whether the topic has a retained message; nil until somebody asked.
    var hasRetained: Bool?
    /// Whether clients may not publish here: "$SYS" belongs to the broker.
    let isReserved: Bool

    init(topic: [UInt8], hash: UInt64, serial: UInt64) {
        self.topic = topic
        self.hash = hash
        self.serial = serial
        isReserved = topic.starts(with: "$SYS".utf8) && (topic.count == 4 || topic[4] == TopicRules.slash)
    }

    /// Resolves the receivers anew.
    func resolve(in tree: SubscriptionTree, epoch: UInt64) {
        generation = tree.generation
        remotes.removeAll(keepingCapacity: true)
        locals.removeAll(keepingCapacity: true)
        topic.withUnsafeBytes { bytes in
            tree.forEachMatch(bytes) { node in
                for (session, qos) in node.sessions { add(session, qos: qos, epoch: epoch) }
                for (session, index) in node.locals { add(session, index: index) }
            }
        }
    }

    private func add(_ session: Session, qos: UInt8, epoch: UInt64) {
        if session.routeEpoch == epoch {
            remotes[session.routeIndex].qos = max(remotes[session.routeIndex].qos, qos)
            return
        }
        session.routeEpoch = epoch
        session.routeIndex = remotes.count
        remotes.append(Remote(session: session, qos: qos))
    }

    /// There are as many local sessions as services, so a linear search is the cheapest.
    private func add(_ session: LocalSession, index: Int) {
        if let known = locals.firstIndex(where: { $0.session === session }) {
            locals[known].index = min(locals[known].index, index)
            return
        }
        locals.append(Local(session: session, index: index))
    }
}

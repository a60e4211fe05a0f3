import NIOCore

/// A local subscriber's own session at the external broker, as this process knows it beyond one subscription.
final class OwnSession {
    var terms: LinkSession
    /// What the broker retains on the subscriber's topics, as far as it came over this session. Not the process's other copy: that is kept up to
    /// date by other connections, at other times.
    let retained = RetainedTree()
    /// Its connection; nil while the subscriber is away.
    var link: Link?
    private let host: Link
    private unowned let core: BrokerCore

    init(_ terms: LinkSession, host: Link, core: BrokerCore) {
        self.terms = terms
        self.host = host
        self.core = core
    }

    /// Takes over what others in this process know to be retained, and this session does not.
    func adopt(_ store: any RetainedStore, filters: [LocalFilter]) {
        for entry in filters {
            var filter = entry.filter
            filter.withUTF8 { bytes in
                store.forEachMatch(UnsafeRawBufferPointer(bytes)) { message in
                    message.withPacket { packet in
                        if packet.topic.first != TopicRules.dollar, retained.message(on: packet.topic) == nil { retained.retain(packet) }
                    }
                }
            }
        }
    }

    func connect(for subscriber: LocalSession) {
        link?.stop()
        let link = Link(self, of: subscriber, beside: host)
        self.link = link
        link.start()
    }

    /// Ends the session at the broker, with what waits in it: an MQTT session ends by a connection that asks for a clean one (MQTT 3.1.1, 3.1.2.4).
    ///
    /// Succeeds also where that failed, after some seconds at the latest, or is not this host's to do; then it stays until the broker finds it too old.
    func discard() -> EventLoopFuture<Void> {
        link?.stop()
        guard terms.isHeld() else { return core.eventLoop.makeSucceededVoidFuture() }
        let link = Link(discarding: self, beside: host)
        self.link = link
        link.start()
        core.endingSessions[ObjectIdentifier(self)] = self
        let discarded = link.drained()
        let bound = NIOLoopBound((self, link), eventLoop: core.eventLoop)
        let timer = core.eventLoop.scheduleTask(in: .seconds(3)) { bound.value.1.stop() }
        discarded.whenComplete { _ in
            timer.cancel()
            let own = bound.value.0
            own.core.endingSessions[ObjectIdentifier(own)] = nil
        }
        return discarded
    }
}

extension BrokerCore {
    /// Gives a local subscriber its own session at the external broker, or none.
    func open(_ terms: LinkSession?, for session: LocalSession) {
        guard let link, let terms else {
            session.own = nil
            // It had one, and is under no lease any more.
            if let former = ownSessions.removeValue(forKey: session.name) { _ = former.discard() }
            return
        }
        let own = ownSessions[session.name] ?? OwnSession(terms, host: link, core: self)
        ownSessions[session.name] = own
        own.terms = terms
        session.own = own
        own.adopt(retained, filters: session.filters)
        own.connect(for: session)
    }

    /// Called every half second.
    func sweepOwnSessions() {
        for (name, own) in ownSessions {
            own.link?.sweep()
            // Another host has it from here on: what is known of it grows old.
            if own.link == nil, !own.terms.isHeld() { ownSessions[name] = nil }
        }
    }
}

import NIOCore

extension BrokerCore {
    /// Registers a local subscriber and delivers what waits for it.
    func subscribeLocally(
        name: String, filters: [LocalFilter], kind: LocalSessionKind, own: LinkSession?, subscriber: any LocalSubscriber
    ) throws(DatabusError) -> Int {
        guard !isStopping else { throw .stopped }
        for entry in filters {
            if let fault = fault(in: entry) { throw .invalidFilter(entry.filter, fault) }
        }
        let session = try makeLocalSession(name: name, kind: kind)
        session.attach(subscriber, filters: filters)
        for (index, entry) in filters.enumerated() {
            withBytes(of: entry) { tree.subscribe(session, filter: $0, index: index) }
        }
        open(own, for: session)
        link?.subscriptionsChanged()
        session.queueRetained(from: session.own?.retained ?? retained)
        session.drain()
        return session.id
    }

    /// Makes the session of a persistent subscriber that has not come yet.
    func reserveLocally(name: String, filters: [LocalFilter]) throws(DatabusError) {
        guard !isStopping else { throw .stopped }
        for entry in filters {
            if let fault = fault(in: entry) { throw .invalidFilter(entry.filter, fault) }
        }
        guard !locals.values.contains(where: { $0.name == name }) else { return }
        let session = LocalSession(id: makeLocalIdentifier(), name: name, kind: .persistent, core: self, filters: filters)
        locals[session.id] = session
        for (index, entry) in filters.enumerated() {
            withBytes(of: entry) { tree.subscribe(session, filter: $0, index: index) }
        }
        link?.subscriptionsChanged()
    }

    /// Exchanges filters and subscriber of a local session that is there.
    func changeLocally(
        id: Int, filters: [LocalFilter], kind: LocalSessionKind, subscriber: any LocalSubscriber, between: () -> Void
    ) throws(DatabusError) {
        guard !isStopping, let session = locals[id] else { throw .stopped }
        for entry in filters {
            if let fault = fault(in: entry) { throw .invalidFilter(entry.filter, fault) }
        }
        let known = session.filters
        session.endDeliveries()
        unsubscribe(session)
        between()
        session.become(kind)
        session.attach(subscriber, filters: filters)
        for (index, entry) in filters.enumerated() {
            withBytes(of: entry) { tree.subscribe(session, filter: $0, index: index) }
        }
        (session.own?.link ?? link)?.subscriptionsChanged()
        session.own?.adopt(retained, filters: filters)
        session.queueRetained(from: session.own?.retained ?? retained, except: known)
        session.drain()
    }

    /// The session kept under the name, without its former filters, or a new one.
    private func makeLocalSession(name: String, kind: LocalSessionKind) throws(DatabusError) -> LocalSession {
        if let existing = locals.values.first(where: { $0.name == name }) {
            guard existing.subscriber == nil else { throw .nameInUse(name) }
            unsubscribe(existing)
            if kind == .persistent { return existing }
            remove(existing)
        }
        let session = LocalSession(id: makeLocalIdentifier(), name: name, kind: kind, core: self)
        locals[session.id] = session
        return session
    }

    private func fault(in entry: LocalFilter) -> TopicFault? {
        withBytes(of: entry) { options.topicRules.fault(inFilter: $0) }
    }

    private func withBytes<Result>(of entry: LocalFilter, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var filter = entry.filter
        return filter.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    private func unsubscribe(_ session: LocalSession) {
        for entry in session.filters { withBytes(of: entry) { tree.unsubscribe(session, filter: $0) } }
    }

    private func remove(_ session: LocalSession) {
        locals[session.id] = nil
        session.discardQueue()
        link?.subscriptionsChanged()
    }

    /// Ends a local subscription; with `keepSession` a persistent one goes on queueing.
    func cancelLocally(id: Int, keepSession: Bool) {
        guard let session = locals[id] else { return }
        session.endDeliveries()
        session.detach()
        session.own?.link?.finish()
        if keepSession, session.kind == .persistent { return }
        unsubscribe(session)
        remove(session)
    }

    /// Ends the kept session of an absent subscriber, here and at the external broker.
    func forgetLocally(name: String) -> EventLoopFuture<Void> {
        let sessions = locals.values.filter { $0.name == name }
        if sessions.contains(where: { $0.subscriber != nil }) { return eventLoop.makeSucceededVoidFuture() }
        for session in sessions {
            unsubscribe(session)
            remove(session)
        }
        return ownSessions.removeValue(forKey: name)?.discard() ?? eventLoop.makeSucceededVoidFuture()
    }

    /// The subscriber gives up what it has not acknowledged: who waits for that is to send it again.
    func refuseUnacknowledged(id: Int, name: String) {
        for connection in connections.values where connection.acknowledgements.waits(for: id) {
            connection.close(.notStored(service: name))
        }
        link?.refuseUnacknowledged(id: id, name: name)
        ownSessions[name]?.link?.refuseUnacknowledged(id: id, name: name)
    }

    /// A subscriber has got a queued publication whose publisher still waits.
    func handOver(_ token: LocalAcknowledgement, to id: Int) {
        let connection = acknowledger(UInt32(truncatingIfNeeded: token >> 32))
        connection?.acknowledgements.handOver(UInt32(truncatingIfNeeded: token), to: id)
    }

    /// Local subscribers have stored what these tokens name.
    func acknowledge(_ tokens: some Sequence<LocalAcknowledgement>) {
        var touched: (any Acknowledger)?
        for token in tokens {
            let serial = UInt32(truncatingIfNeeded: token >> 32)
            if touched?.serial != serial {
                touched?.sendReadyAcknowledgements()
                touched = acknowledger(serial)
            }
            touched?.acknowledged(token)
        }
        touched?.sendReadyAcknowledgements()
    }
}

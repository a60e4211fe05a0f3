import NIOCore

extension Broker {
    /// Subscribes a subscriber in this process. Retained messages and, for a persistent session, what was queued under
    /// the name are delivered before this returns, as far as the subscriber has room.
    /// - Parameters:
    ///   - name: identifies the subscriber and its persistent session.
    ///   - filters: a message that matches several is delivered once, under the lowest index.
    ///   - ownSession: with a link, a session at the external broker for this subscriber alone; nil for the host's.
    /// - Throws: `DatabusError` for a malformed filter, a name in use, a stopped broker.
    public func subscribeLocally(
        name: String, filters: [LocalFilter], session: LocalSessionKind = .clean, ownSession: LinkSession? = nil,
        subscriber: any LocalSubscriber
    ) async throws -> LocalSubscription {
        let core = core
        let id = try await eventLoop.submit {
            try core.value.subscribeLocally(name: name, filters: filters, kind: session, own: ownSession, subscriber: subscriber)
        }.get()
        return LocalSubscription(id: id, name: name, broker: self)
    }

    /// Queues QoS 1 and 2 messages under the name of a persistent subscriber that has not come yet. Does nothing where the name has a session.
    /// - Throws: `DatabusError` for a malformed filter, a stopped broker.
    public func reserveLocally(name: String, filters: [LocalFilter]) async throws {
        let core = core
        try await eventLoop.submit { try core.value.reserveLocally(name: name, filters: filters) }.get()
    }

    /// Ends the kept session of a local subscriber that will not come back: what waits in it is discarded, and acknowledged as what nobody
    /// subscribed to. A session whose subscriber is here is left alone. Its own session at the external broker, if it had one and it is this
    /// host's, ends too, as far as that answers within seconds.
    public func forgetLocally(name: String) async {
        let core = core
        try? await eventLoop.flatSubmit { core.value.forgetLocally(name: name) }.get()
    }

    func cancelLocally(id: Int, keepSession: Bool) async {
        let core = core
        try? await eventLoop.submit { core.value.cancelLocally(id: id, keepSession: keepSession) }.get()
    }

    func changeLocally(
        id: Int, filters: [LocalFilter], kind: LocalSessionKind, subscriber: any LocalSubscriber, between: @escaping @Sendable () -> Void
    ) async throws {
        let core = core
        try await eventLoop.submit {
            try core.value.changeLocally(id: id, filters: filters, kind: kind, subscriber: subscriber, between: between)
        }.get()
    }

    func refuseUnacknowledged(id: Int, name: String) async {
        let core = core
        try? await eventLoop.submit { core.value.refuseUnacknowledged(id: id, name: name) }.get()
    }

    /// A subscriber that answered `.blocked` has room again. From any thread; harmless when it was not blocked.
    public func localSubscriberReady(_ id: Int) {
        let core = core
        eventLoop.execute { core.value.locals[id]?.ready() }
    }

    /// A subscriber has stored the publication that the token names: its PUBACK or PUBREC may leave. From any thread.
    public func acknowledge(_ token: LocalAcknowledgement) {
        let core = core
        eventLoop.execute { core.value.acknowledge(CollectionOfOne(token)) }
    }

    /// As `acknowledge(_:)` for many tokens with one wake-up of the event loop.
    public func acknowledge(_ tokens: [LocalAcknowledgement]) {
        let core = core
        eventLoop.execute { core.value.acknowledge(tokens) }
    }

    /// Publishes a batch with one wake-up of the event loop. From any thread.
    /// - Returns: false when too many bytes of earlier batches are pending; nothing of the batch was taken, try again
    ///   later.
    public func publish(_ batch: PublicationBatch) -> Bool {
        if batch.isEmpty { return true }
        let (core, arena, source) = (core, batch.arena, batch.source)
        guard pendingLocalBytes.claim(arena.readableBytes) else { return false }
        eventLoop.execute { core.value.localSource(source).append(arena, countsAgainstLimit: true) }
        return true
    }
}

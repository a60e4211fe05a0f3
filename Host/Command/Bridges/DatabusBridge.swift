internal import Databus
internal import Runtime
internal import Synchronization
internal import Topics

/// The services' databus: the embedded broker, reached without a socket.
final class DatabusBridge: ServiceDatabus {
    private let broker: Broker
    private let site: Site
    private let dataFolder: String
    /// A number for each publishing service: what one publishes stays in order and does not hold up the others.
    private let sources = Mutex<[String: UInt32]>([:])

    init(broker: Broker, site: Site, dataFolder: String) {
        self.broker = broker
        self.site = site
        self.dataFolder = dataFolder
    }

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        let session = try await broker.subscribeLocally(
            name: service, filters: subscriptions.map { LocalFilter($0) }, session: LocalSessionKind(subscriptions),
            ownSession: holding.map { LinkSession(site, service: service, dataFolder: dataFolder, isHeld: $0) },
            subscriber: SinkSubscriber(sink: sink))
        return BrokerSubscription(session: session, broker: broker)
    }

    /// Has messages wait for services with a persistent session whose first start failed and is tried again soon.
    func reserve(for services: [ServiceStatus]) async {
        // For a service under a lease they wait at the external broker.
        for service in services where (service.state == .backoff || service.state == .starting) && service.holding == nil {
            guard service.subscriptions.contains(where: { $0.session == .persistent }) else { continue }
            // The filters are those of a manifest in order, so there is nothing to refuse.
            try? await broker.reserveLocally(name: service.service, filters: service.subscriptions.map { LocalFilter($0) })
        }
    }

    func forget(service: String) async { await broker.forgetLocally(name: service) }

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int {
        var batch = PublicationBatch(source: source(of: service))
        for message in messages {
            do throws(DatabusError) {
                try batch.append(topic: message.topic, payload: message.payload, qos: message.qos, retain: message.isRetained)
            } catch {
                break
            }
        }
        return broker.publish(batch) ? batch.count : 0
    }

    private func source(of service: String) -> UInt32 {
        sources.withLock { sources in
            if let known = sources[service] { return known }
            let next = UInt32(sources.count + 1)
            sources[service] = next
            return next
        }
    }
}

/// Hands what the broker offers to a service's mailbox.
private final class SinkSubscriber: LocalSubscriber {
    private let sink: any MessageSink

    init(sink: any MessageSink) {
        self.sink = sink
    }

    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool, duplicate: Bool,
        acknowledgement: LocalAcknowledgement?
    ) -> LocalDelivery {
        let outcome = sink.deliver(
            subscription: subscription, topic: topic, payload: payload, qos: qos, retained: retained, duplicate: duplicate,
            acknowledgement: acknowledgement)
        switch outcome {
        case .accepted: return .accepted
        case .dropped: return .dropped
        case .blocked: return .blocked
        }
    }

    func deliveriesEnded() {
        sink.deliveriesEnded()
    }
}

private final class BrokerSubscription: DatabusSubscription {
    private let session: LocalSubscription
    private let broker: Broker

    init(session: LocalSubscription, broker: Broker) {
        self.session = session
        self.broker = broker
    }

    func ready() {
        broker.localSubscriberReady(session.id)
    }

    func acknowledge(_ acknowledgements: [UInt64]) {
        broker.acknowledge(acknowledgements)
    }

    func change(subscriptions: [ServiceSubscription], sink: any MessageSink, between: @escaping @Sendable () -> Void) async throws {
        try await session.change(
            filters: subscriptions.map { LocalFilter($0) }, session: LocalSessionKind(subscriptions), subscriber: SinkSubscriber(sink: sink),
            between: between)
    }

    func cancel(keepSession: Bool) async {
        await session.cancel(keepSession: keepSession)
    }

    func refuseUnacknowledged() async {
        await session.refuseUnacknowledged()
    }
}

extension LocalFilter {
    fileprivate init(_ subscription: ServiceSubscription) {
        self.init(
            subscription.filter.description, qos: subscription.qos,
            acknowledge: subscription.acknowledge == .stored ? .stored : .delivered)
    }
}

extension LocalSessionKind {
    fileprivate init(_ subscriptions: [ServiceSubscription]) {
        self = subscriptions.contains { $0.session == .persistent } ? .persistent : .clean
    }
}

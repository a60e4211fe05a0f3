/// Names a publication whose PUBACK or PUBREC waits until a local subscriber has stored it; pass it to
/// `Broker.acknowledge`.
public typealias LocalAcknowledgement = UInt64

/// What a local subscriber did with a message.
public enum LocalDelivery: Sendable {
    /// It has the message.
    case accepted
    /// It discards the message on purpose, which the broker counts; it owes no acknowledgement for it.
    case dropped
    /// It has no room. The broker keeps the message with its publisher, stops reading that publisher, and offers the
    /// message again after `Broker.localSubscriberReady`.
    case blocked
}

/// A subscriber in this process: no socket, no copy.
///
/// All calls come on the broker's event loop and must not block.
public protocol LocalSubscriber: AnyObject, Sendable {
    /// Offers one message.
    /// - Parameters:
    ///   - subscription: index of the lowest filter that matches; a message is offered once however many do.
    ///   - topic: UTF-8, valid during the call.
    ///   - payload: valid during the call.
    ///   - qos: the lower of the message's and the filter's.
    ///   - retained: the message was retained before the subscription began.
    ///   - duplicate: the publisher sends it again and it may have been delivered before.
    ///   - acknowledgement: not nil when the filter asked for `acknowledge: .stored` and a client waits for an answer:
    ///     having accepted the message, the subscriber owes `Broker.acknowledge` exactly once.
    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool,
        duplicate: Bool, acknowledgement: LocalAcknowledgement?
    ) -> LocalDelivery

    /// The end of a tick in which something was offered: hand the batch on.
    func deliveriesEnded()
}

/// One topic filter of a local subscription.
public struct LocalFilter: Sendable, Equatable {
    /// When the PUBACK of a QoS 1 message, or the PUBREC of a QoS 2 one, leaves.
    public enum Acknowledge: Sendable {
        /// As soon as the broker has handed the message over.
        case delivered
        /// When every local subscriber that asked for this has called `Broker.acknowledge`. For a message in the queue
        /// of an absent persistent session that is at once, or with `BrokerOptions.withholdsForAbsentServices` after the
        /// subscriber has returned. A QoS 2 message whose connection
        /// ends before that is delivered again when its client sends it again.
        case stored
    }

    /// MQTT topic filter.
    public var filter: String
    /// Highest QoS to deliver with: 0, 1 or 2.
    public var qos: UInt8
    /// When the publisher gets its acknowledgement.
    public var acknowledge: Acknowledge

    /// A filter with its QoS.
    public init(_ filter: String, qos: UInt8 = 0, acknowledge: Acknowledge = .delivered) {
        self.filter = filter
        self.qos = min(qos, 2)
        self.acknowledge = acknowledge
    }
}

/// Whether a local subscriber's messages wait for it while it is away.
public enum LocalSessionKind: Sendable {
    /// Nothing is kept. What an earlier persistent session of that name had queued is discarded.
    case clean
    /// QoS 1 and 2 messages are queued under the name after `cancel(keepSession: true)`.
    case persistent
}

/// An active local subscription.
public struct LocalSubscription: Sendable {
    /// For `Broker.localSubscriberReady`.
    public let id: Int
    /// As given to `subscribeLocally`.
    public let name: String
    let broker: Broker

    /// Ends the subscription. When this returns, the subscriber is not called again.
    /// - Parameter keepSession: for persistent sessions, queue QoS 1 and 2 messages until the next `subscribeLocally`
    ///   with this name.
    public func cancel(keepSession: Bool = false) async {
        await broker.cancelLocally(id: id, keepSession: keepSession)
    }

    /// Exchanges filters and subscriber in one step, without a gap: no message is lost or delivered twice. Retained messages of filters
    /// that are new are delivered.
    /// - Parameter between: called on the event loop after the last call of the former subscriber, before the first of the new one.
    /// - Throws: `DatabusError`; then nothing has changed.
    public func change(
        filters: [LocalFilter], session: LocalSessionKind, subscriber: any LocalSubscriber, between: @escaping @Sendable () -> Void
    ) async throws {
        try await broker.changeLocally(id: id, filters: filters, kind: session, subscriber: subscriber, between: between)
    }

    /// The subscriber has given up what it accepted and did not acknowledge. The connections whose answers wait for it
    /// are closed, so that their clients send again; others, and what is queued until the subscriber returns, stay.
    /// Call it after `cancel`, or when the subscriber has lost messages and goes on.
    public func refuseUnacknowledged() async {
        await broker.refuseUnacknowledged(id: id, name: name)
    }
}

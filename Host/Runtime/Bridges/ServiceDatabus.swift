/// The databus as services need it; the host's `Command` bridges it to the broker.
public protocol ServiceDatabus: AnyObject, Sendable {
    /// Subscribes all filters of a service as one session named after the service, and returns once deliveries can begin. A kept
    /// session of the same name is resumed.
    ///
    /// - Parameters:
    ///   - sink: receives all deliveries; the databus calls it from one thread at a time.
    ///   - holding: for a service that any of several hosts may run, and one at a time: whether it is this one's to run. Where hosts share an
    ///     external broker, what is published at QoS 1 while none runs it then waits for the one that does next. Must not block.
    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription

    /// Ends the kept session of a service that is there no more, with what waits in it; where hosts share it, if it is this one's.
    func forget(service: String) async

    /// Publishes messages in their order, from any thread; the memory is the caller's and valid until the call returns.
    ///
    /// - Returns: how many were taken over; fewer than all means that the databus is full for now.
    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int
}

extension ServiceDatabus {
    /// Subscribes for what runs on this host whatever others do.
    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink
    ) async throws -> any DatabusSubscription {
        try await subscribe(service: service, subscriptions: subscriptions, sink: sink, holding: nil)
    }
}

/// A message to publish, in the memory of the service.
public struct OutgoingMessage {
    /// A topic name, well-formed and without wildcards.
    public let topic: UnsafeRawBufferPointer
    public let payload: UnsafeRawBufferPointer
    /// 0, 1 or 2.
    public let qos: UInt8
    public let isRetained: Bool
}

/// Takes the messages for one service. All calls come from one thread at a time: the databus's own.
public protocol MessageSink: AnyObject, Sendable {
    /// Takes a copy of a message.
    ///
    /// - Parameters:
    ///   - subscription: index of the first entry under `subscribe` that matched.
    ///   - acknowledgement: names the message in ``DatabusSubscription/acknowledge(_:)``, for a subscription with
    ///     `acknowledge: stored`; any number but `UInt64.max`.
    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool, duplicate: Bool,
        acknowledgement: UInt64?
    ) -> DeliveryOutcome

    /// No more messages come for the moment: the service may be woken. Call it once after each burst.
    func deliveriesEnded()
}

/// What became of a delivery.
public enum DeliveryOutcome: Sendable {
    /// The service will get it.
    case accepted
    /// The mailbox is full and its rule is to drop; counted there.
    case dropped
    /// The mailbox is full: keep the message and deliver again after ``DatabusSubscription/ready()``.
    case blocked
}

/// The session of a service in the databus. Any thread may call it.
public protocol DatabusSubscription: AnyObject, Sendable {
    /// There is room again after ``DeliveryOutcome/blocked``.
    func ready()

    /// The messages with these acknowledgements are done: their publishers may be told so.
    func acknowledge(_ acknowledgements: [UInt64])

    /// Exchanges what is subscribed and who takes the deliveries, without a gap.
    ///
    /// - Parameter between: called once, on the databus's thread, after the last delivery to the former sink and before the first to the
    ///   new one.
    /// - Throws: a sentence; then nothing has changed.
    func change(subscriptions: [ServiceSubscription], sink: any MessageSink, between: @escaping @Sendable () -> Void) async throws

    /// Ends the deliveries; returns after the last one. With `keepSession` what is published from now on is kept for the next
    /// `subscribe`. What was delivered with an acknowledgement that never came back stays unacknowledged to its publisher.
    func cancel(keepSession: Bool) async

    /// The messages delivered with an acknowledgement that was not given back won't be processed any more: their publishers are to send
    /// them again, as after a lost connection. Call it after ``cancel(keepSession:)``.
    func refuseUnacknowledged() async
}

internal import Databus
internal import Gateway
internal import Logging
internal import Runtime
internal import Topics

/// Passes messages of the databus to the readers of the live stream, subscribed only while somebody reads.
final class LiveBridge: Sendable {
    let hub: LiveHub
    private let demands: AsyncStream<Bool>
    private let clock: any ServiceClock

    init(clock: any ServiceClock) {
        self.clock = clock
        let (demands, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(16))
        self.demands = demands
        hub = LiveHub { filters in continuation.yield(!filters.isEmpty) }
    }

    /// Subscribes and cancels as readers come and go, until the task is cancelled.
    func run(broker: Broker, topics: [TopicFilter], logger: Logger) async {
        var subscription: LocalSubscription?
        let filters = topics.map { LocalFilter($0.description) }
        for await isWanted in demands {
            if isWanted, subscription == nil, !filters.isEmpty {
                do {
                    subscription = try await broker.subscribeLocally(
                        name: "$live", filters: filters, subscriber: LiveSubscriber(hub: hub, clock: clock))
                } catch {
                    logger.warning("the live stream cannot subscribe: \(error)")
                }
            } else if !isWanted, let active = subscription {
                await active.cancel()
                subscription = nil
            }
        }
        await subscription?.cancel()
    }
}

private final class LiveSubscriber: LocalSubscriber {
    private let hub: LiveHub
    private let clock: any ServiceClock

    init(hub: LiveHub, clock: any ServiceClock) {
        self.hub = hub
        self.clock = clock
    }

    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool, duplicate: Bool,
        acknowledgement: LocalAcknowledgement?
    ) -> LocalDelivery {
        // A retained message is not one that arrives now.
        if !retained {
            hub.publish(
                topic: String(decoding: topic, as: UTF8.self), payload: payload, millisecondsSince1970: clock.now() / 1_000_000)
        }
        return .accepted
    }

    func deliveriesEnded() {}
}

import Synchronization
import Topics

@testable import Runtime

/// A databus of one subscriber at a time that remembers what was published.
final class FakeDatabus: ServiceDatabus {
    struct Published: Equatable, Sendable {
        let topic: String
        let payload: String
    }
    struct Content {
        var published: [Published] = []
        var sinks: [String: any MessageSink] = [:]
        /// Of services that other hosts may run.
        var holdings: [String: @Sendable () -> Bool] = [:]
        var acknowledged: [UInt64] = []
        var readyCalls = 0
        var cancels: [Bool] = []
        var refusals = 0
        var forgotten: [String] = []
        /// Filters of sessions that went on with others.
        var changes: [[String]] = []
        var refusesSubscriptions = false
        /// How many more messages it takes.
        var room = Int.max
        /// What ends of subscriptions wait for.
        var gate: OneShot<Bool>?
    }
    let content = Mutex(Content())

    struct Away: Error, CustomStringConvertible {
        let description = "the databus is away"
    }

    func subscribe(
        service: String, subscriptions: [ServiceSubscription], sink: any MessageSink, holding: (@Sendable () -> Bool)?
    ) async throws -> any DatabusSubscription {
        try content.withLock { content in
            if content.refusesSubscriptions { throw Away() }
            content.sinks[service] = sink
            content.holdings[service] = holding
        }
        return Subscription(databus: self, service: service)
    }

    func forget(service: String) async { content.withLock { $0.forgotten.append(service) } }

    func publish(service: String, messages: UnsafeBufferPointer<OutgoingMessage>) -> Int {
        let copies = messages.map {
            Published(topic: String(decoding: $0.topic, as: UTF8.self), payload: String(decoding: $0.payload, as: UTF8.self))
        }
        return content.withLock { content in
            let taken = min(copies.count, content.room)
            content.room -= taken
            content.published += copies.prefix(taken)
            return taken
        }
    }

    /// The payloads published to a topic.
    func payloads(_ topic: String) -> [String] { content.withLock { $0.published.filter { $0.topic == topic }.map(\.payload) } }

    var acknowledged: [UInt64] { content.withLock { $0.acknowledged } }
    var refusals: Int { content.withLock { $0.refusals } }
    var cancels: [Bool] { content.withLock { $0.cancels } }

    /// Delivers one message as a burst of its own; `nil` if nobody subscribes.
    @discardableResult
    func deliver(_ payload: String, to service: String, on topic: String = "in/x", token: UInt64? = nil) -> DeliveryOutcome? {
        guard let sink = content.withLock({ $0.sinks[service] }) else { return nil }
        let outcome = sink.deliver(topic, payload, token: token)
        sink.deliveriesEnded()
        return outcome
    }

    private final class Subscription: DatabusSubscription {
        let databus: FakeDatabus
        let service: String

        init(databus: FakeDatabus, service: String) {
            self.databus = databus
            self.service = service
        }

        func ready() { databus.content.withLock { $0.readyCalls += 1 } }

        func acknowledge(_ acknowledgements: [UInt64]) { databus.content.withLock { $0.acknowledged += acknowledgements } }

        func change(subscriptions: [ServiceSubscription], sink: any MessageSink, between: @escaping @Sendable () -> Void) async throws {
            try databus.content.withLock { content in
                if content.refusesSubscriptions { throw Away() }
                content.sinks[service]?.deliveriesEnded()
                between()
                content.sinks[service] = sink
                content.changes.append(subscriptions.map(\.filter.description))
            }
        }

        func refuseUnacknowledged() async { databus.content.withLock { $0.refusals += 1 } }

        func cancel(keepSession: Bool) async {
            if let gate = databus.content.withLock({ $0.gate }) { _ = await gate.value(timeout: .seconds(10)) }
            databus.content.withLock {
                $0.cancels.append(keepSession)
                $0.sinks[service] = nil
            }
        }
    }
}

extension MessageSink {
    /// Delivers a text.
    @discardableResult
    func deliver(_ topic: String, _ payload: String, token: UInt64? = nil) -> DeliveryOutcome {
        var (topic, payload) = (topic, payload)
        return topic.withUTF8 { topic in
            payload.withUTF8 { payload in
                deliver(
                    subscription: 0, topic: UnsafeRawBufferPointer(topic), payload: UnsafeRawBufferPointer(payload), qos: 1, retained: false,
                    duplicate: false, acknowledgement: token)
            }
        }
    }
}

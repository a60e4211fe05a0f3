import Synchronization

@testable import Databus

/// Takes messages up to a capacity and blocks beyond it.
final class Mailbox: LocalSubscriber {
    struct Delivery: Equatable {
        var subscription: Int
        var topic: String
        var payload: String
        var qos: UInt8
        var retained: Bool
        var duplicate = false
    }

    struct State {
        var deliveries: [Delivery] = []
        var tokens: [LocalAcknowledgement] = []
        var capacity = Int.max
        var batches = 0
        var blocked = 0
    }

    let state = Mutex(State())

    init(capacity: Int = .max) { state.withLock { $0.capacity = capacity } }

    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool,
        duplicate: Bool, acknowledgement: LocalAcknowledgement?
    ) -> LocalDelivery {
        state.withLock { state in
            if state.deliveries.count >= state.capacity {
                state.blocked += 1
                return .blocked
            }
            if payload.elementsEqual("drop me".utf8) { return .dropped }
            state.deliveries.append(
                Delivery(
                    subscription: subscription, topic: String(decoding: topic, as: UTF8.self),
                    payload: String(decoding: payload, as: UTF8.self), qos: qos, retained: retained, duplicate: duplicate))
            if let acknowledgement { state.tokens.append(acknowledgement) }
            return .accepted
        }
    }

    func deliveriesEnded() { state.withLock { $0.batches += 1 } }

    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    var payloads: [String] { deliveries.map(\.payload) }
    var tokens: [LocalAcknowledgement] { state.withLock { $0.tokens } }
    func setCapacity(_ capacity: Int) { state.withLock { $0.capacity = capacity } }
}

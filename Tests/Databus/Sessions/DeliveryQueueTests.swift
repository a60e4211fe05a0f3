import Testing

@testable import Databus

@Suite struct DeliveryQueueTests {
    private func message(_ text: String) -> Message {
        let bytes: [UInt8] = [0, 1, 0x61] + Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            Message.copy(
                PublishPacket(
                    topic: UnsafeRawBufferPointer(rebasing: bytes[2..<3]),
                    payload: UnsafeRawBufferPointer(rebasing: bytes[3...]), qos: 1, retain: false))
        }
    }

    private func text(_ next: DeliveryQueue.Next) -> String? {
        next.entry.message?.withPacket { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test("The window bounds what is in flight, and an acknowledgement opens it")
    func window() throws {
        let queue = Queue()
        for index in 0..<5 { queue.append(message("\(index)"), qos: 1, retain: false) }
        #expect(queue.byteCount == 10)
        let sent = (0..<6).compactMap { _ in queue.next(window: 2, keepingBytes: true) }
        #expect(sent.map(\.packetIdentifier) == [1, 2])
        #expect(queue.waiting == 3 && queue.inFlight == 2)
        #expect(queue.complete(1, expected: .awaitingPuback))
        #expect(!queue.complete(1, expected: .awaitingPuback))
        #expect(queue.next(window: 2, keepingBytes: true)?.packetIdentifier == 3)
        #expect(queue.byteCount == 8)
    }

    @Test("Acknowledgements out of order keep the identifiers of the others")
    func outOfOrder() throws {
        let queue = Queue()
        for index in 0..<4 { queue.append(message("\(index)"), qos: 1, retain: false) }
        while queue.next(window: 4, keepingBytes: true) != nil {}
        for identifier in [3, 1, 2, 4] as [UInt16] { #expect(queue.complete(identifier, expected: .awaitingPuback)) }
        #expect(queue.isEmpty && queue.inFlight == 0 && queue.byteCount == 0)
    }

    @Test("After a new connection everything unacknowledged is sent again as a duplicate, in order")
    func redelivery() throws {
        let queue = Queue()
        for index in 0..<4 { queue.append(message("\(index)"), qos: index == 1 ? 2 : 1, retain: false) }
        for _ in 0..<3 { _ = queue.next(window: 10, keepingBytes: true) }
        #expect(queue.complete(1, expected: .awaitingPuback))
        #expect(queue.received(2))
        queue.rewind()
        let released = try #require(queue.next(window: 10, keepingBytes: true))
        #expect(
            released.packetIdentifier == 2 && released.entry.state == .awaitingPubcomp && released.entry.message == nil)
        let again = try #require(queue.next(window: 10, keepingBytes: true))
        #expect(again.packetIdentifier == 3 && again.duplicate && text(again) == "2")
        let fresh = try #require(queue.next(window: 10, keepingBytes: true))
        #expect(fresh.packetIdentifier == 4 && !fresh.duplicate && text(fresh) == "3")
        #expect(queue.next(window: 10, keepingBytes: true) == nil)
        #expect(queue.complete(2, expected: .awaitingPubcomp))
    }

    @Test("After a new connection, acknowledgements may come before what they name has been sent again")
    func earlyAcknowledgements() throws {
        let queue = Queue()
        for index in 0..<3 { queue.append(message("\(index)"), qos: 1, retain: false) }
        for _ in 0..<3 { _ = queue.next(window: 10, keepingBytes: true) }
        queue.rewind()
        #expect(queue.next(window: 10, keepingBytes: true)?.packetIdentifier == 1)
        for identifier in [3, 2, 1] as [UInt16] { #expect(queue.complete(identifier, expected: .awaitingPuback)) }
        #expect(queue.isEmpty && queue.inFlight == 0)
        #expect(queue.next(window: 10, keepingBytes: true) == nil)
        queue.append(message("3"), qos: 1, retain: false)
        let next = try #require(queue.next(window: 10, keepingBytes: true))
        #expect(next.packetIdentifier == 4 && !next.duplicate && text(next) == "3")
    }

    @Test("Packet identifiers run through all of 1…65535 and start again")
    func wrapping() {
        let queue = Queue()
        for round in 0..<140_000 {
            let identifier = queue.appendSent(qos: 1, window: 10)
            #expect(identifier == UInt16(round % 65_535 + 1))
            if let identifier { #expect(queue.complete(identifier, expected: .awaitingPuback)) }
        }
        #expect(queue.isEmpty)
    }

    @Test("An acknowledgement of the wrong kind changes nothing")
    func wrongKind() {
        let queue = Queue()
        let identifier = queue.appendSent(qos: 2, window: 10) ?? 0
        #expect(!queue.complete(identifier, expected: .awaitingPuback))
        #expect(!queue.complete(identifier, expected: .awaitingPubcomp))
        #expect(!queue.received(99))
        #expect(queue.received(identifier))
        #expect(queue.received(identifier))
        #expect(queue.complete(identifier, expected: .awaitingPubcomp))
    }
}

/// A queue behind a reference, because `#expect` takes no mutating calls.
private final class Queue {
    private var queue = DeliveryQueue()

    var byteCount: Int { queue.byteCount }
    var waiting: Int { queue.waiting }
    var inFlight: Int { queue.inFlight }
    var isEmpty: Bool { queue.isEmpty }

    func append(_ message: Message, qos: UInt8, retain: Bool) { queue.append(message, qos: qos, retain: retain) }
    func appendSent(qos: UInt8, window: Int) -> UInt16? { queue.appendSent(qos: qos, window: window) }
    func next(window: Int, keepingBytes: Bool) -> DeliveryQueue.Next? {
        queue.next(window: window, keepingBytes: keepingBytes)
    }
    func complete(_ identifier: UInt16, expected: DeliveryQueue.State) -> Bool {
        queue.complete(identifier, expected: expected)
    }
    func received(_ identifier: UInt16) -> Bool { queue.received(identifier) }
    func rewind() { queue.rewind() }
}

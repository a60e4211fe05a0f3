import CPluginAPI
import Synchronization
import Testing

@testable import Runtime

@Suite("Mailbox")
struct MailboxTests {
    private func mailbox(_ messages: Int, bytes: Int = 1 << 20, _ overflow: QueueLimits.Overflow = .block) -> (Mailbox, ServiceCounters) {
        let counters = ServiceCounters()
        let limits = QueueLimits(messages: messages, bytes: bytes, overflow: overflow)
        return (Mailbox(limits: limits, clock: SystemServiceClock(), signal: WorkSignal(), counters: counters), counters)
    }

    /// Takes all that waits, batch by batch.
    private func drain(_ mailbox: Mailbox) -> [String] {
        var payloads: [String] = []
        while let claim = mailbox.claim() {
            payloads += claim.range.map { text(claim.segment.messages[$0].payload) }
            mailbox.finish(claim)
        }
        return payloads
    }

    private func text(_ bytes: dsotp_host_bytes) -> String {
        String(decoding: UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.count)), as: UTF8.self)
    }

    @Test("Messages come out in their order, with topic, payload, flags, numbers without holes and one time a burst")
    func order() throws {
        let (mailbox, counters) = mailbox(100)
        for number in 0..<3 { #expect(mailbox.deliver("in/\(number)", "p\(number)") == .accepted) }
        mailbox.deliveriesEnded()
        let claim = try #require(mailbox.claim())
        let messages = claim.range.map { claim.segment.messages[$0] }
        #expect(messages.map { text($0.topic) } == ["in/0", "in/1", "in/2"])
        #expect(messages.map { text($0.payload) } == ["p0", "p1", "p2"])
        #expect(messages.map(\.sequence) == [1, 2, 3])
        #expect(Set(messages.map(\.received)).count == 1 && messages[0].received > 1_700_000_000_000_000_000)
        #expect(messages.allSatisfy { $0.qos == 1 && $0.retained == 0 && $0.duplicate == 0 && Int($0.size) == MemoryLayout<dsotp_message>.size })
        mailbox.finish(claim)
        #expect(counters.received.load(ordering: .relaxed) == 3 && mailbox.depth == 0 && mailbox.depthBytes == 0)
    }

    @Test("Nothing is visible before the burst ends")
    func handOver() {
        let (mailbox, _) = mailbox(100)
        mailbox.deliver("in/x", "1")
        #expect(mailbox.claim() == nil && !mailbox.hasMessages)
        mailbox.deliveriesEnded()
        #expect(mailbox.hasMessages && mailbox.depth == 1 && mailbox.depthBytes == 5)
        #expect(drain(mailbox) == ["1"])
    }

    @Test("A mailbox takes over what waits in another, the batch in work first, under new numbers and whatever its bounds")
    func takeOver() throws {
        let counters = ServiceCounters()
        func make(_ messages: Int) -> Mailbox {
            Mailbox(limits: QueueLimits(messages: messages), clock: SystemServiceClock(), signal: WorkSignal(), counters: counters)
        }
        let (old, new) = (make(100), make(2))
        old.deliver("a", "1", token: 1)
        old.deliver("b", "2", token: 2)
        old.deliveriesEnded()
        let held = try #require(old.claim())
        held.segment.messages[0].duplicate = 1
        for number in 3...6 { old.deliver(number == 5 ? "b" : "a", "\(number)", token: UInt64(number)) }
        old.deliveriesEnded()
        let unwanted = new.takeOver(held, from: old) { $0.elementsEqual("a".utf8) ? 7 : nil }
        #expect(unwanted == [2, 5] && !old.hasMessages && new.depth == 4)
        var taken: [String] = []
        while let claim = new.claim() {
            taken += claim.range.map { index in
                let message = claim.segment.messages[index]
                return "\(message.subscription) \(text(message.payload)) \(message.duplicate) \(claim.segment.tokens[index])"
            }
            new.finish(claim)
        }
        #expect(taken == ["7 1 1 1", "7 3 0 3", "7 4 0 4", "7 6 0 6"])
        #expect(counters.received.load(ordering: .relaxed) == 6 && counters.dropped.load(ordering: .relaxed) == 2)
        #expect(new.deliver("a", "7") == .accepted)
    }

    @Test("With drop-newest the messages beyond the bound are dropped, counted and reported with the next batch")
    func dropNewest() throws {
        let (mailbox, counters) = mailbox(4, .dropNewest)
        let outcomes = (0..<6).map { mailbox.deliver("t", "\($0)") }
        mailbox.deliveriesEnded()
        #expect(outcomes == [.accepted, .accepted, .accepted, .accepted, .dropped, .dropped])
        let claim = try #require(mailbox.claim())
        #expect(claim.dropped == 2 && claim.range.count == 4)
        mailbox.finish(claim)
        mailbox.deliver("t", "7")
        mailbox.deliveriesEnded()
        let next = try #require(mailbox.claim())
        #expect(next.dropped == 0 && next.segment.messages[next.range.lowerBound].sequence == 7)
        #expect(counters.dropped.load(ordering: .relaxed) == 2)
    }

    @Test("With drop-oldest the newest messages stay", arguments: [1, 3, 4, 7])
    func dropOldest(limit: Int) {
        let (mailbox, counters) = mailbox(limit, .dropOldest)
        for number in 0..<20 { #expect(mailbox.deliver("t", "\(number)") == .accepted) }
        mailbox.deliveriesEnded()
        #expect(mailbox.depth == limit)
        #expect(drain(mailbox) == (20 - limit..<20).map(String.init))
        #expect(counters.dropped.load(ordering: .relaxed) == UInt64(20 - limit))
    }

    @Test("With drop-oldest a batch that the service works on is not touched")
    func dropOldestBesideClaim() throws {
        let (mailbox, _) = mailbox(4, .dropOldest)
        for number in 0..<4 { mailbox.deliver("t", "\(number)") }
        mailbox.deliveriesEnded()
        let claim = try #require(mailbox.claim())
        for number in 4..<30 { mailbox.deliver("t", "\(number)") }
        mailbox.deliveriesEnded()
        #expect(claim.range.map { text(claim.segment.messages[$0].payload) } == ["0", "1", "2", "3"])
        mailbox.finish(claim)
        #expect(drain(mailbox) == ["26", "27", "28", "29"])
    }

    @Test("With block the databus keeps what does not fit, and is told once when half of the room is free")
    func block() throws {
        let (mailbox, counters) = mailbox(4, .block)
        for number in 0..<4 { mailbox.deliver("t", "\(number)") }
        #expect(!mailbox.takeRoomAnnouncement())
        #expect(mailbox.deliver("t", "4") == .blocked)
        #expect(!mailbox.takeRoomAnnouncement())
        #expect(drain(mailbox) == ["0", "1", "2", "3"])
        #expect(mailbox.takeRoomAnnouncement() && !mailbox.takeRoomAnnouncement())
        #expect(mailbox.deliver("t", "4") == .accepted)
        mailbox.deliveriesEnded()
        #expect(drain(mailbox) == ["4"] && counters.dropped.load(ordering: .relaxed) == 0)
    }

    @Test("The bound in bytes holds, but an empty mailbox takes one message of any size")
    func bytes() {
        let (mailbox, _) = mailbox(100, bytes: 2_048, .block)
        let large = String(repeating: "x", count: 500_000)
        #expect(mailbox.deliver("t", large) == .accepted)
        #expect(mailbox.deliver("t", "y") == .blocked)
        mailbox.deliveriesEnded()
        #expect(drain(mailbox) == [large])
        let half = String(repeating: "z", count: 1_000)
        #expect((0..<3).map { _ in mailbox.deliver("t", half) } == [.accepted, .accepted, .blocked])
        mailbox.deliveriesEnded()
        #expect(mailbox.depthBytes == 2_002)
        #expect(drain(mailbox).count == 2)
    }

    @Test("Messages of all sizes keep their order over many segments")
    func manySegments() {
        let (mailbox, _) = mailbox(100_000, bytes: 1 << 30)
        var generator = SplitMix(state: 7)
        var expected: [String] = []
        for number in 0..<5_000 {
            let payload = "\(number)" + String(repeating: "a", count: Int(generator.next() % (number % 100 == 0 ? 300_000 : 300)))
            expected.append(payload)
            mailbox.deliver("t", payload)
        }
        mailbox.deliveriesEnded()
        #expect(drain(mailbox) == expected)
    }

    @Test("A closed mailbox takes nothing and keeps what it has", arguments: [(true, DeliveryOutcome.blocked), (false, .dropped)])
    func close(keeping: Bool, outcome: DeliveryOutcome) {
        let (mailbox, _) = mailbox(10)
        mailbox.deliver("t", "1")
        mailbox.deliveriesEnded()
        mailbox.close(keeping: keeping)
        #expect(mailbox.deliver("t", "2") == outcome)
        #expect(drain(mailbox) == ["1"])
    }

    @Test("A producer and a consumer on two threads lose, double or reorder nothing", arguments: QueueLimits.Overflow.allCases)
    func concurrency(overflow: QueueLimits.Overflow) async throws {
        let (mailbox, counters) = mailbox(64, bytes: 4_096, overflow)
        let total = 100_000
        let isDone = Atomic(false)
        let produced = OneShot<Bool>(), consumed = OneShot<[UInt64]>()
        #expect(ServiceThread.start(name: "producer") {
            for number in 0..<total {
                while mailbox.deliver("t", "\(number)") == .blocked { mailbox.deliveriesEnded() }
                if number % 7 == 0 { mailbox.deliveriesEnded() }
            }
            mailbox.deliveriesEnded()
            isDone.store(true, ordering: .sequentiallyConsistent)
            produced.settle(true)
        })
        #expect(ServiceThread.start(name: "consumer") {
            var sequences: [UInt64] = []
            while true {
                let wasDone = isDone.load(ordering: .sequentiallyConsistent)
                guard let claim = mailbox.claim() else {
                    if wasDone { break }
                    continue
                }
                for index in claim.range {
                    let message = claim.segment.messages[index]
                    let payload = UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count))
                    // The payload is the number of the message, which its sequence number follows.
                    let number = payload.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
                    sequences.append(number + 1 == message.sequence ? message.sequence : 0)
                }
                mailbox.finish(claim)
            }
            consumed.settle(sequences)
        })
        #expect(await produced.value(timeout: .seconds(60)) == true)
        let sequences = try #require(await consumed.value(timeout: .seconds(60)))
        #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 } && (sequences.first ?? 0) > 0)
        let dropped = Int(counters.dropped.load(ordering: .relaxed))
        #expect(sequences.count + dropped == total)
        if overflow == .block || overflow == .spill { #expect(dropped == 0) }
        #expect(mailbox.depth == 0 && mailbox.depthBytes == 0)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

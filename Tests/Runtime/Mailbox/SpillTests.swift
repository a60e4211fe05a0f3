import CPluginAPI
import Glibc
import Synchronization
import Testing

@testable import Runtime

@Suite("Spilling to the disk")
struct SpillTests {
    /// A mailbox with a spill, and what it told.
    private final class Setup: Sendable {
        /// Kept, or it would be removed.
        let folder: TemporaryFolder
        let mailbox: Mailbox
        let counters = ServiceCounters()
        let spill: Spill
        let receipts = Mutex<[UInt64]>([])
        let roomCalls = Atomic<Int>(0)
        let complaints = Mutex<[String?]>([])

        /// - Parameter stored: whether the subscription says `acknowledge: stored`.
        init(_ folder: TemporaryFolder, messages: Int = 4, limit: Int = 1 << 30, stored: Bool = false, match: Int? = 0) throws {
            self.folder = folder
            let limits = QueueLimits(messages: messages, bytes: 1 << 20, overflow: .spill, spill: limit)
            mailbox = Mailbox(limits: limits, clock: SystemServiceClock(), signal: WorkSignal(), counters: counters)
            let (receipts, roomCalls, complaints) = (Box(), Box(), Box())
            spill = try Spill(
                folder: "\(folder.path)/spill/probe", limit: limit, log: ServiceLog(service: "probe", logger: ProbeSite.logger),
                listener: Spill.Listener(
                    stored: { tokens in receipts.owner.withLock { $0?.receipts.withLock { $0 += tokens } } },
                    hasRoom: { roomCalls.owner.withLock { _ = $0?.roomCalls.add(1, ordering: .relaxed) } },
                    complains: { sentence in complaints.owner.withLock { $0?.complaints.withLock { $0.append(sentence) } } }))
            mailbox.use(
                spill, owesReceipt: [!stored], acknowledge: { tokens in receipts.owner.withLock { $0?.receipts.withLock { $0 += tokens } } },
                match: { _ in match })
            for box in [receipts, roomCalls, complaints] { box.owner.withLock { $0 = self } }
        }

        /// Breaks the circle between what tells and who is told.
        final class Box: Sendable {
            let owner = Mutex<Setup?>(nil)
        }

        func deliver(_ numbers: Range<Int>, tokens: Bool = false, size: Int = 0) -> [DeliveryOutcome] {
            let outcomes = numbers.map { number in
                mailbox.deliver("t", "\(number)" + String(repeating: ".", count: size), token: tokens ? UInt64(number) : nil)
            }
            mailbox.deliveriesEnded()
            return outcomes
        }

        /// Waits until the spill's thread has written everything.
        func settle() async throws { try await eventually("it is written") { self.spill.readable.load(ordering: .relaxed) == self.spill.extent.messages } }

        /// Takes all that waits, batch by batch, with the numbers that the payloads begin with.
        func drain(_ finishes: Bool = true) -> [Taken] {
            var taken: [Taken] = []
            while let claim = mailbox.claim() {
                for index in claim.range {
                    let message = claim.segment.messages[index]
                    let payload = UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count))
                    let number = payload.prefix { $0 != UInt8(ascii: ".") }.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
                    taken.append(Taken(number: number, sequence: message.sequence, duplicate: message.duplicate, token: claim.segment.tokens[index]))
                }
                guard finishes else { return taken }
                mailbox.finish(claim)
            }
            return taken
        }

        func close() { spill.close() }
    }

    private struct Taken: Equatable {
        let number: Int
        let sequence: UInt64
        let duplicate: UInt8
        let token: UInt64
    }

    @Test("The checksum is CRC-32C")
    func checksum() {
        func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32C.checksum($0) } }
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
        // RFC 3720, appendix B.4.
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum([UInt8](0..<32)) == 0x46DD_794E)
    }

    @Test("What does not fit goes to the disk, what follows goes behind it, and all comes back in order")
    func order() async throws {
        let setup = try Setup(try TemporaryFolder())
        #expect(setup.deliver(0..<10).allSatisfy { $0 == .accepted })
        try await setup.settle()
        #expect(setup.mailbox.depth == 4 && setup.spill.extent.messages == 6)
        let first = try #require(setup.mailbox.claim())
        #expect(first.range.count == 4)
        setup.mailbox.finish(first)
        // There is room in memory, but these are younger than what is on the disk.
        _ = setup.deliver(10..<12)
        try await setup.settle()
        #expect(setup.drain().map(\.number) == Array(4..<12))
        #expect(setup.counters.spilled.load(ordering: .relaxed) == 8 && setup.counters.dropped.load(ordering: .relaxed) == 0)
        _ = setup.deliver(12..<14)
        #expect(setup.counters.spilled.load(ordering: .relaxed) == 8 && setup.mailbox.depth == 2)
        let last = setup.drain()
        #expect(last.map(\.sequence) == [13, 14])
        #expect(setup.spill.extent.bytes == 0 && setup.counters.received.load(ordering: .relaxed) == 14)
        setup.close()
    }

    @Test("An acknowledgement when received is given for what is in memory at once, for what is spilled once it is on the disk")
    func receipts() async throws {
        let setup = try Setup(try TemporaryFolder())
        _ = setup.deliver(1..<5, tokens: true)
        #expect(setup.receipts.withLock { $0 } == [1, 2, 3, 4])
        _ = setup.deliver(5..<9, tokens: true)
        try await eventually("the rest is acknowledged") { setup.receipts.withLock { $0 } == Array(1...8) }
        #expect(setup.drain().allSatisfy { $0.token == MailboxSegment.noToken })
        setup.close()
    }

    @Test("An acknowledgement when stored stays with its message")
    func stored() async throws {
        let setup = try Setup(try TemporaryFolder(), stored: true)
        _ = setup.deliver(1..<9, tokens: true)
        try await setup.settle()
        #expect(setup.drain().map(\.token) == Array(1...8))
        #expect(setup.receipts.withLock { $0 }.isEmpty)
        setup.close()
    }

    @Test("What the service was not done with is there for the next run, as duplicates and without the acknowledgements of this one")
    func replay() async throws {
        let folder = try TemporaryFolder()
        do {
            let setup = try Setup(folder, stored: true)
            _ = setup.deliver(1..<3_000, tokens: true)
            try await setup.settle()
            let memory = try #require(setup.mailbox.claim())
            setup.mailbox.finish(memory)
            let done = try #require(setup.mailbox.claim())
            #expect(done.range.count == 1_024)
            setup.mailbox.finish(done)
            // This one is in work when the run ends.
            #expect(setup.mailbox.claim()?.range.count == 1_024)
            #expect(throws: HostFiles.Failure.self) { try Setup(folder, stored: true) }
            setup.close()
        }
        let setup = try Setup(folder, stored: true)
        #expect(setup.spill.recovered == 2_999 - 4 - 1_024)
        _ = setup.deliver(3_000..<3_002, tokens: true)
        try await setup.settle()
        let taken = setup.drain()
        #expect(taken.map(\.number) == Array(1_029..<3_002))
        #expect(taken.map(\.sequence) == (1...1_973).map(UInt64.init))
        #expect(taken.map(\.duplicate) == [UInt8](repeating: 1, count: 1_971) + [0, 0])
        #expect(taken.map(\.token) == [UInt64](repeating: MailboxSegment.noToken, count: 1_971) + [3_000, 3_001])
        #expect(setup.counters.replayed.load(ordering: .relaxed) == 1_971)
        setup.close()
        #expect(try HostFiles.names(in: setup.spill.folder) == [])
    }

    @Test("A message of an earlier run that no subscription wants any more is passed over and counted as dropped")
    func unwanted() async throws {
        let folder = try TemporaryFolder()
        let before = try Setup(folder)
        _ = before.deliver(1..<9)
        before.close()
        let setup = try Setup(folder, match: nil)
        #expect(setup.drain().isEmpty && setup.counters.dropped.load(ordering: .relaxed) == 4)
        #expect(setup.spill.extent == (bytes: 0, messages: 0))
        setup.close()
    }

    @Test("A file that was cut short or damaged gives what is whole in it, and is then kept for a person", arguments: [-1, -70, 100, 3_000])
    func damage(offset: Int) async throws {
        let folder = try TemporaryFolder()
        let before = try Setup(folder)
        _ = before.deliver(0..<100)
        before.close()
        let path = "\(before.spill.folder)/0000000001.spill"
        var bytes = try HostFiles.read(path)
        if offset < 0 { bytes.removeLast(-offset) } else { bytes[offset] ^= 0x20 }
        try HostFiles.replace(path, with: bytes)
        let setup = try Setup(folder)
        // Each record has 48 bytes of header, 1 of topic, 2 of payload, but the first six 1.
        let whole = switch offset { case -1: 95; case -70: 94; case 100: 0; default: (3_000 - 64 - 6 * 50) / 51 + 6 }
        #expect(setup.drain().map(\.number) == Array(4..<4 + whole))
        _ = setup.deliver(200..<201)
        #expect(setup.drain().map(\.number) == [200])
        setup.close()
        #expect(try HostFiles.names(in: setup.spill.folder) == ["0000000001.spill.damaged"])
        #expect(try HostFiles.read(path + ".damaged").dropFirst(64) == bytes.dropFirst(64))
        let next = try Setup(folder)
        _ = next.deliver(300..<310)
        next.close()
        #expect(try HostFiles.names(in: setup.spill.folder).sorted() == ["0000000001.spill.damaged", "0000000002.spill"])
    }

    @Test("Damage behind what was read is passed over: the rest of the file is kept for a person and its bytes are free again", arguments: [64, 3_000])
    func damageWhileItRuns(offset: Int) async throws {
        let setup = try Setup(try TemporaryFolder())
        _ = setup.deliver(100..<2_000)
        try await setup.settle()
        setup.mailbox.finish(try #require(setup.mailbox.claim()))
        let file = try #require(setup.spill.state.withLock { $0.files.first })
        var byte: UInt8 = 0xFF
        #expect(pwrite(file.descriptor, &byte, 1, off_t(offset + 50)) == 1)
        // Each record has 48 bytes of header, 1 of topic and 3 or 4 of payload.
        #expect(setup.drain().map(\.number) == Array(104..<104 + (offset + 50 - 64) / 52))
        #expect(setup.spill.extent == (bytes: 0, messages: 0))
        _ = setup.deliver(2_000..<2_010)
        try await setup.settle()
        #expect(setup.drain().map(\.number) == Array(2_000..<2_010))
        #expect(setup.spill.extent == (bytes: 0, messages: 0))
        #expect(try HostFiles.names(in: setup.spill.folder) == ["0000000001.spill.damaged"])
        setup.close()
    }

    @Test("A disk that gives nothing back now is no damage: the service waits, it is said why, and nothing is lost when it gives again")
    func unreadable() async throws {
        let setup = try Setup(try TemporaryFolder())
        _ = setup.deliver(0..<10)
        try await setup.settle()
        let file = try #require(setup.spill.state.withLock { $0.files.first })
        // A descriptor that may only write, in the place of the file's own.
        let own = dup(file.descriptor), blind = Glibc.open(file.path, O_WRONLY)
        defer { for descriptor in [own, blind] { Glibc.close(descriptor) } }
        #expect(dup2(blind, file.descriptor) == file.descriptor)
        #expect(setup.drain().map(\.number) == Array(0..<4))
        #expect(!setup.mailbox.hasMessages && setup.mailbox.nextAttempt != nil)
        let complaint = try #require(setup.complaints.withLock { $0.last } ?? nil)
        #expect(complaint.hasPrefix("messages wait on the disk, they can't be read back: can't read \(file.path)"))
        #expect(dup2(own, file.descriptor) == file.descriptor)
        try await eventually("it is tried again") { setup.mailbox.hasMessages }
        #expect(setup.drain().map(\.number) == Array(4..<10))
        #expect(setup.complaints.withLock { $0.last == .some(nil) } && setup.mailbox.nextAttempt == nil)
        #expect(try HostFiles.names(in: setup.spill.folder) == [])
        setup.close()
    }

    @Test("A file that can't be read when the spill is opened is left as it is, and the spill is not opened")
    func unreadableAtOpening() throws {
        let folder = try TemporaryFolder()
        let before = try Setup(folder)
        _ = before.deliver(0..<10)
        before.close()
        // Nothing is at address 0: reading there is an input/output error.
        let unreadable = "\(before.spill.folder)/0000000002.spill"
        #expect(symlink("/proc/self/mem", unreadable) == 0)
        let failure = #expect(throws: HostFiles.Failure.self) { try Setup(folder) }
        #expect(failure?.description.contains("can't read \(unreadable)") == true)
        unlink(unreadable)
        let setup = try Setup(folder)
        #expect(setup.drain().map(\.number) == Array(4..<10))
        setup.close()
    }

    @Test("A message that is large beside the bound waits until it fits, and the databus is not called in vain before")
    func largeMessage() async throws {
        let setup = try Setup(try TemporaryFolder(), limit: 1 << 20)
        for start in stride(from: 0, to: 600, by: 100) {
            _ = setup.deliver(start..<start + 100, size: 1_000)
            try await setup.settle()
        }
        // Less than seven eighths are taken.
        #expect(setup.deliver(600..<601, size: 500_000) == [.blocked])
        #expect(setup.roomCalls.load(ordering: .relaxed) == 0)
        #expect(setup.complaints.withLock { $0.last??.contains("the spill is full") } == true)
        var taken: [Int] = []
        while setup.roomCalls.load(ordering: .relaxed) == 0, let claim = setup.mailbox.claim() {
            taken += claim.range.map { Int(claim.segment.messages[$0].sequence) - 1 }
            setup.mailbox.finish(claim)
        }
        #expect(setup.roomCalls.load(ordering: .relaxed) == 1 && setup.complaints.withLock { $0.last == .some(nil) })
        #expect(setup.deliver(600..<601, size: 500_000) == [.accepted])
        try await setup.settle()
        #expect(taken + setup.drain().map(\.number) == Array(0...600))
        setup.close()
    }

    @Test("A message larger than the bound waits until the mailbox is empty")
    func hugeMessage() async throws {
        let setup = try Setup(try TemporaryFolder(), limit: 1 << 20)
        _ = setup.deliver(0..<10)
        try await setup.settle()
        #expect(setup.deliver(10..<11, size: 2 << 20) == [.blocked] && setup.roomCalls.load(ordering: .relaxed) == 0)
        #expect(setup.drain().map(\.number) == Array(0..<10))
        #expect(setup.roomCalls.load(ordering: .relaxed) == 1)
        _ = setup.deliver(10..<11)
        #expect(setup.deliver(11..<12, size: 2 << 20) == [.blocked] && !setup.spill.isActive)
        let claim = try #require(setup.mailbox.claim())
        #expect(setup.mailbox.takeRoomAnnouncement())
        setup.mailbox.finish(claim)
        #expect(setup.deliver(11..<12, size: 2 << 20) == [.accepted])
        #expect(setup.drain().map(\.number) == [11])
        setup.close()
    }

    @Test("At its bound the databus is told to wait, why, and when it may go on")
    func bound() async throws {
        let setup = try Setup(try TemporaryFolder(), limit: 1 << 20)
        var sent = 0
        while setup.deliver(sent..<sent + 1, size: 1_000) == [.accepted] {
            sent += 1
            if sent % 100 == 0 { try await setup.settle() }
        }
        #expect(sent > 900 && sent < 1_050)
        try await setup.settle()
        #expect(setup.complaints.withLock { $0 } == [
            "messages wait in the databus, the spill is full (expected at most 1MiB, as 'queue: spill' says)"
        ])
        #expect(setup.roomCalls.load(ordering: .relaxed) == 0)
        #expect(setup.drain().map(\.number) == Array(0..<sent))
        #expect(setup.roomCalls.load(ordering: .relaxed) == 1 && setup.complaints.withLock { $0.last == .some(nil) })
        #expect(setup.deliver(sent..<sent + 1) == [.accepted] && setup.drain().map(\.number) == [sent])
        setup.close()
    }

    @Test("A disk that takes nothing makes the databus wait and says so; nothing is lost when it takes again")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let setup = try Setup(folder)
        // A folder in the place of the file that comes next can't be written.
        mkdir("\(setup.spill.folder)/0000000001.spill", 0o700)
        var sent = 0
        while setup.deliver(sent..<sent + 1, size: 10_000) == [.accepted] { sent += 1 }
        try await eventually("it complains") { setup.complaints.withLock { $0.contains { $0?.contains("can't create") == true } } }
        #expect(sent > 90 && sent < 250)
        rmdir("\(setup.spill.folder)/0000000001.spill")
        try await eventually("the databus may go on") { setup.roomCalls.load(ordering: .relaxed) == 1 }
        #expect(setup.complaints.withLock { $0.last == .some(nil) })
        try await setup.settle()
        #expect(setup.drain().map(\.number) == Array(0..<sent))
        setup.close()
    }

    @Test("Messages of all sizes keep their order over many files, and files that are done with are removed")
    func manyFiles() async throws {
        let setup = try Setup(try TemporaryFolder(), limit: 8 << 20)
        var generator = SplitMix(state: 11)
        var sent = 0, taken: [Int] = []
        while taken.count < 20_000 {
            let count = Int(generator.next() % 2_000)
            for _ in 0..<count {
                let size = Int(generator.next() % (sent % 500 == 0 ? 400_000 : 200))
                guard setup.mailbox.deliver("t", "\(sent)" + String(repeating: ".", count: size)) == .accepted else { break }
                sent += 1
            }
            setup.mailbox.deliveriesEnded()
            for _ in 0..<generator.next() % 4 {
                guard let claim = setup.mailbox.claim() else { break }
                taken += claim.range.map { index in
                    let payload = UnsafeRawBufferPointer(
                        start: claim.segment.messages[index].payload.data, count: Int(claim.segment.messages[index].payload.count))
                    return payload.prefix { $0 != UInt8(ascii: ".") }.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
                }
                setup.mailbox.finish(claim)
            }
            #expect(setup.spill.extent.bytes <= 8 << 20)
        }
        try await setup.settle()
        taken += setup.drain().map(\.number)
        #expect(taken == Array(0..<sent))
        #expect(try HostFiles.names(in: setup.spill.folder).count <= 1 && setup.spill.extent.messages == 0)
        setup.close()
    }
}

import Testing

@testable import Runtime

@Suite("Whatever happens to the arbiter")
struct ArbiterPropertyTests {
    /// A small, fast generator whose sequence its seed decides: SplitMix64.
    struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let services = ["a", "b", "c", "d"]
    private static let devices = ["one", "two", "three"]

    private static func step(_ bench: inout ArbiterBench, _ random: inout Seeded) {
        let device = devices.randomElement(using: &random) ?? "one", service = services.randomElement(using: &random) ?? "a"
        let commandClass = CommandClass.allCases.randomElement(using: &random) ?? .flisr
        let number = UInt64.random(in: 1...max(1, UInt64(bench.events.count)), using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<10:
            bench.databusIsFull = Int.random(in: 0..<20, using: &random) == 0
            let confirm: Int64 = Bool.random(using: &random) ? Int64.random(in: 1...5, using: &random) : 0
            let request = bench.request(
                service, commandClass, device, hold: Int64.random(in: 0...20, using: &random), waits: Bool.random(using: &random),
                dry: Int.random(in: 0..<6, using: &random) == 0, after: Bool.random(using: &random) ? Int64.random(in: 0...9, using: &random) : 0,
                confirm: confirm)
            bench.submit(request)
        case 10..<15: bench.wait(Int64.random(in: 0...8, using: &random))
        case 15: bench.report(Bool.random(using: &random) ? #"{"state":{"value":1}}"# : #"{"state":{"value":3}}"#, from: device)
        case 16: bench.order { _ = $0.cancel(number, of: nil, by: .user("ada"), now: $1) }
        case 17: bench.order { _ = $0.lock(device, DeviceLock(user: "ada", note: "work", since: $1), now: $1) }
        case 18: bench.order { _ = $0.unlock(device, by: "ada", mayOverride: false, now: $1) }
        default: bench.order { $0.release(.service(service), keepsHolds: number % 2 == 0, now: $1) }
        }
    }

    /// What has to hold after every step.
    private static func check(_ bench: ArbiterBench, seed: UInt64) {
        let arbiter = bench.arbiter
        for device in devices {
            let real = arbiter.active.values.filter { $0.device == device && $0.isHolder && !$0.isDryRun }
            let dry = arbiter.active.values.filter { $0.device == device && $0.isHolder && $0.isDryRun }
            #expect(real.count <= 1 && dry.count <= 1, "two hold \(device), seed \(seed)")
            #expect(real.first?.number == arbiter.slots[device]?.holder && dry.first?.number == arbiter.slots[device]?.dryHolder)
            if let holder = real.first, arbiter.slots[device]?.lock != nil { #expect(holder.commandClass == .protection, "seed \(seed)") }
            for number in arbiter.slots[device]?.waiting ?? [] {
                #expect(arbiter.active[number]?.stage == .waiting, "what waits is no command that waits, seed \(seed)")
            }
        }
        for command in arbiter.active.values { #expect(command.due.map { $0 > bench.now } ?? false, "it never ends, seed \(seed): \(command)") }
    }

    @Test("there are never two holders, nothing is published without a hold, priorities hold, and everything ends", arguments: 1...60)
    func random(seed: Int) {
        var random = Seeded(state: UInt64(seed))
        var bench = ArbiterBench()
        for _ in 0..<400 {
            let seen = bench.events.count
            let holders = Dictionary(uniqueKeysWithValues: Self.devices.compactMap { device in bench.holder(device).map { (device, $0) } })
            Self.step(&bench, &random)
            Self.check(bench, seed: UInt64(seed))
            for event in bench.events[seen...] where event.outcome == .superseded && !event.isDryRun {
                guard let loser = holders[event.device], loser.number == event.number, let winner = event.byClass else { continue }
                let isOwn = event.by == loser.source.name
                #expect(isOwn || winner > loser.commandClass || winner == .protection || event.by == "ada", "seed \(seed): \(event)")
            }
        }
        for device in Self.devices { bench.order { _ = $0.unlock(device, by: "ada", mayOverride: false, now: $1) } }
        for _ in 0..<500 where !bench.arbiter.active.isEmpty { bench.wait(10) }
        #expect(bench.arbiter.active.isEmpty && bench.arbiter.slots.isEmpty && bench.arbiter.expecting.isEmpty, "seed \(seed)")
        Self.checkStories(bench, seed: seed)
    }

    /// Each command is told in a sensible order, and exactly once for the last time.
    private static func checkStories(_ bench: ArbiterBench, seed: Int) {
        for (number, events) in Dictionary(grouping: bench.events, by: \.number) {
            let words = events.map(\.outcome)
            #expect(events.filter(\.isFinal).count == 1 && events.last?.isFinal == true, "seed \(seed), command \(number): \(words)")
            #expect(words.filter { $0 == .dispatched }.count <= 1)
            if events.contains(where: { $0.outcome == .confirmed || $0.outcome == .notConfirmed }) { #expect(words.contains(.dispatched)) }
            if events.first?.isDryRun == true { #expect(!words.contains(.dispatched)) }
            #expect(events.first?.outcome == .accepted || events.first?.outcome == .refused)
        }
        let dispatched = bench.events.count { $0.outcome == .dispatched }
        #expect(bench.published.count == dispatched, "seed \(seed)")
    }
}

import FlexibilityMarket
import PluginAPI
import Testing

@Suite("How much of a request can be offered")
struct RuleTests {
    let line = FeasibilityCheck.Limit(.current, element: "L3-4", value: 160, limit: 145, sentence: "line L3-4 would carry 160 A of 145 A")

    @Test("all of it where assets and grid allow it") func whole() {
        let check = decide(request(), .init(resourcesKW: [-50...50], flexibleElement: "abb", gridKW: -90...90))
        #expect(check.outcome == .feasible && check.steps.allSatisfy { $0.offeredKW == 40 && $0.limit == nil } && check.activationFactor == 1)
    }

    @Test("what the assets have where that is less, with their name") func assets() throws {
        let check = decide(request(), .init(resourcesKW: [-50...30], flexibleElement: "abb", gridKW: -90...90))
        #expect(check.outcome == .partly && check.steps.allSatisfy { $0.offeredKW == 30 } && check.activationFactor == 0.75)
        let limit = try #require(check.steps[0].limit)
        #expect(limit.kind == .power && limit.element == "abb" && limit.limit == 30)
    }

    @Test("what the grid carries where that is less, with the element named; a request the other way is not touched by it") func grid() throws {
        let bounds = FeasibilityRule.Bounds(resourcesKW: [-50...50], flexibleElement: "abb", gridKW: -90...25, highGridLimit: line)
        let check = decide(request(), bounds)
        #expect(check.outcome == .partly && check.steps[0].offeredKW == 25 && check.steps[0].limit == line && check.reason.contains("L3-4"))
        #expect(decide(request(kilowatts: -40...0), bounds).outcome == .feasible)
    }

    @Test("in an overloaded grid only what relieves it") func overloaded() {
        let bounds = FeasibilityRule.Bounds(resourcesKW: [-50...50], flexibleElement: "abb", gridKW: -90 ... -20, highGridLimit: line)
        #expect(decide(request(), bounds).outcome == .infeasible && decide(request(), bounds).reason == line.sentence)
        #expect(decide(request(kilowatts: -10...0), bounds).outcome == .feasible)
    }

    @Test("energy runs out: the later periods get what is left") func energy() {
        let check = decide(request(), .init(resourcesKW: [-50...50], flexibleElement: "abb"), room: .init(aboveKWh: 25, belowKWh: 5))
        #expect(check.outcome == .partly && check.steps.map(\.offeredKW) == [40, 40, 20, 0])
        #expect(check.steps[2].limit?.kind == .energy && check.steps[2].limit?.limit == 5)
        #expect(decide(request(kilowatts: -40...0), .init(resourcesKW: [-50...50], flexibleElement: "abb"), room: .init(aboveKWh: 25, belowKWh: 5)).steps.map(\.offeredKW) == [-20, 0, 0, 0])
    }

    @Test("less than the least of use is nothing: a range's near end, or the smallest factor") func least() {
        let bounds = FeasibilityRule.Bounds(resourcesKW: [-50...30], flexibleElement: "abb")
        #expect(decide(request(kilowatts: 35...40), bounds).outcome == .infeasible)
        #expect(decide(request(kilowatts: 30...40), bounds).outcome == .partly)
        #expect(decide(request(factor: 0.8), bounds).outcome == .infeasible)
        #expect(decide(request(factor: 0.75), bounds).outcome == .partly)
    }
}

@Suite("The book of requests")
struct BookTests {
    @Test("the same request twice is one; a higher revision takes its place until it is accepted; all else is refused") func revisions() throws {
        var book = RequestBook()
        let (record, first) = try book.receive(request(), minutes: 15, actor: "market", now: noon)
        guard case .new = first else { Issue.record("a new request is not told as new"); return }
        let (same, second) = try book.receive(request(), minutes: 15, actor: "market", now: noon)
        guard case .duplicate = second else { Issue.record("a duplicate is not told as one"); return }
        #expect(same === record && record.history.count == 1)
        #expect(throws: ServiceError.self) { try book.receive(request(kilowatts: 0...50), minutes: 15, actor: "market", now: noon) }
        let (replaced, third) = try book.receive(request(revision: 3, kilowatts: 0...50), minutes: 15, actor: "market", now: noon)
        guard case .replaced = third else { Issue.record("a revision is not told as one"); return }
        #expect(replaced === record && record.request.revision == 3)
        let older = #expect(throws: ServiceError.self) { try book.receive(request(revision: 2), minutes: 15, actor: "market", now: noon) }
        #expect(older?.status == .invalidState && older?.sentence.contains("which is older") == true)
        for state in [RequestState.checked, .offered, .accepted] { try record.move(to: state, actor: "test", reason: "", at: noon) }
        let late = #expect(throws: ServiceError.self) { try book.receive(request(revision: 4), minutes: 15, actor: "market", now: noon) }
        #expect(late?.status == .invalidState && late?.sentence.contains("accepted") == true)
    }

    @Test("states follow one another as they may, and nothing follows the last") func states() throws {
        let record = RequestRecord(request(), minutes: 15, actor: "market", now: noon)
        #expect(throws: ServiceError.self) { try record.move(to: .active, actor: "test", reason: "", at: noon) }
        for state in [RequestState.checked, .checked, .offered, .accepted, .activating, .active, .completed, .verified, .settled] {
            try record.move(to: state, actor: "test", reason: "because", at: noon)
        }
        #expect(record.history.count == 10 && record.reason == "because")
        for state in RequestState.allCases { #expect(throws: ServiceError.self) { try record.move(to: state, actor: "test", reason: "", at: noon) } }
        for state in RequestState.allCases where state.isFinal { #expect(state.successors.isEmpty) }
    }

    @Test("what is promised of a resource is counted by its direction, and in the part of the time that it overlaps") func promises() throws {
        var book = RequestBook()
        for (id, kilowatts) in [("up", 20.0), ("down", -12.0)] {
            let (record, _) = try book.receive(request(id, kilowatts: min(0, kilowatts)...max(0, kilowatts), quarters: 2), minutes: 15, actor: "market", now: noon)
            for state in [RequestState.checked, .offered, .accepted] { try record.move(to: state, actor: "test", reason: "", at: noon) }
            record.order = Order(by: "m", time: noon, reference: id, activationFactor: 1, kilowatts: [kilowatts, kilowatts], shares: ["abb": [kilowatts, kilowatts]], pricePerKWh: 0)
        }
        #expect(book.promised("abb", from: noon, to: noon + .seconds(900)) == (20, -12))
        #expect(book.promised("abb", from: noon + .seconds(900), to: noon + .seconds(2700)) == (10, -6))
        #expect(book.promised("abb", from: noon, to: noon + .seconds(900), without: "up") == (0, -12))
        #expect(book.promised("other", from: noon, to: noon + .seconds(900)) == (0, 0))
    }

    @Test("each resource gives as long as its energy lasts: what one has left is not promised of another") func energies() {
        // A strong battery that is nearly empty beside a weak one that is full: together 120 kW, and 410 kWh.
        let bounds = FeasibilityRule.Bounds(resourcesKW: [-100...100, -20...20], flexibleElement: "two batteries")
        let rooms: [FeasibilityRule.Room] = [.init(aboveKWh: 100, belowKWh: 10), .init(aboveKWh: 100, belowKWh: 400)]
        let steps = request(kilowatts: -100...0).steps(minutes: 15)
        let check = FeasibilityRule.decide(steps.map { ($0, $0.wantedKW, $0.leastKW) }, steps.map { _ in bounds }, rooms: rooms, minimumFactor: 0, at: noon)
        #expect(check.steps.map(\.offeredKW) == [-60, -20, -20, -20] && check.steps.allSatisfy { $0.limit?.kind == .energy })
        var sharing = Sharing(rooms, count: 2)
        let shares = check.steps.map { sharing.share($0.offeredKW, bounds.resourcesKW, hours: 0.25) }
        #expect(shares == [[-40, -20], [0, -20], [0, -20], [0, -20]])
    }

    @Test("what was stopped, or never begun, is nobody's deviation") func stopped() throws {
        var book = RequestBook()
        func order(_ id: String, _ states: [RequestState]) throws -> RequestRecord {
            let (record, _) = try book.receive(request(id), minutes: 15, actor: "market", now: noon)
            record.order = Order(
                by: "m", time: noon, reference: id, activationFactor: 1, kilowatts: [40, 40, 40, 40], shares: ["abb": [40, 40, 40, 40]], pricePerKWh: 0)
            for state in states { try record.move(to: state, actor: "test", reason: "", at: noon) }
            return record
        }
        let begun = try order("begun", [.checked, .offered, .accepted, .activating, .active, .cancelled])
        begun.stopOrder(at: noon + .seconds(900 + 300))
        #expect(begun.order?.kilowatts == [40, 0, 0, 0] && begun.order?.shares["abb"].map { abs($0[1] - 40 / 3.0) < 1e-9 && $0[0] == 40 && $0[2] == 0 } == true)
        let never = try order("never", [.checked, .offered, .accepted, .cancelled])
        never.stopOrder(at: noon - .seconds(60))
        _ = try order("failed", [.checked, .offered, .accepted, .activating, .failed])
        #expect(book.carriedOut("abb", from: noon, to: noon + .seconds(900), without: "") == 40)
        #expect(book.carriedOut("abb", from: noon + .seconds(1800), to: noon + .seconds(2700), without: "") == 0)
        #expect(book.carriedOut("abb", from: noon, to: noon + .seconds(900), without: "begun") == 0)
    }

    @Test("requests that have ended take nobody's place, and a history does not grow for ever") func bounded() throws {
        var book = RequestBook(limit: 2)
        for number in 0..<5 {
            let (record, _) = try book.receive(request("ended-\(number)"), minutes: 15, actor: "market", now: noon)
            try record.move(to: .cancelled, actor: "test", reason: "", at: noon)
        }
        let (open, _) = try book.receive(request("a"), minutes: 15, actor: "market", now: noon)
        _ = try book.receive(request("b"), minutes: 15, actor: "market", now: noon)
        let full = #expect(throws: ServiceError.self) { try book.receive(request("c"), minutes: 15, actor: "market", now: noon) }
        #expect(full?.status == .limitReached && full?.sentence.contains("2 requests are open") == true)
        for _ in 0..<1_000 { try open.move(to: .checked, actor: "test", reason: "again", at: noon) }
        #expect(open.history.count == 200 && open.history[0].state == .received)
        #expect(book.forget(keeping: 3) == ["ended-0", "ended-1"])
    }

    @Test("a record outlives a restart with all that became of it") func kept() throws {
        let record = RequestRecord(request(), minutes: 15, actor: "market", now: noon)
        record.check = decide(request(), .init(resourcesKW: [-50...30], flexibleElement: "abb"))
        record.check?.gridCase = .init(estimate: noon, forecastRuns: ["load": "run 7"], quantiles: ["q10", "q90"], topology: 3)
        record.check?.effect = .init(lossesKWh: 1.5, loadingBeforePercent: 60, loadingAfterPercent: 70, loadedElement: "L1-2")
        for state in [RequestState.checked, .offered, .accepted] { try record.move(to: state, actor: "test", reason: "r", at: noon) }
        record.offer = Offer(kilowatts: [30, 30, 30, 30], pricePerKWh: 0.2, minimumActivationFactor: 0.5, expires: noon)
        record.order = Order(by: "m", time: noon, reference: "o1", activationFactor: 0.5, kilowatts: [15, 15, 15, 15], shares: ["abb": [15, 15, 15, 15]], pricePerKWh: 0.2)
        record.baseline = Baseline(.meterBeforeMeterAfter, reference: "meter", frozen: noon, kilowatts: [10, .nan, 12, 13])
        record.externalBaseline = [1, 2, 3, 4]
        record.formerModes = ["abb": 1]
        record.note("abb", "the set-point was told", at: noon)
        record.verification = Verification().steps(
            record.steps, ordered: [15, 15, 15, 15], baseline: [10, .nan, 12, 13],
            metered: [.init(meanKW: 25, coverage: 1), .init(meanKW: 25, coverage: 1), nil, .init(meanKW: 20, coverage: 0.7)], others: [])
        record.settlement = Settlement(record.verification ?? [], pricePerKWh: 0.2, penaltyPerKWh: 0.1, currency: "EUR", time: noon)
        let kept = try #require(RequestRecord.kept(try json(record.detail().string)))
        #expect(kept.detail().string == record.detail().string)
        #expect(kept.request == record.request && kept.check == record.check && kept.order == record.order && kept.history == record.history)
    }
}

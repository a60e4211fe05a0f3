import Congestion
import Grid
import Testing

@Suite("Capacity check")
struct CapacityCheckTests {
    /// A line of 4 + j3 Ω and 100 A to a load.
    private func oneLine(held: Double = 20_000) -> (feeder: Feeder, end: Int) {
        var feeder = Feeder()
        let busbar = feeder.source("A", held: held)
        let end = feeder.line("L5", from: busbar, to: "B", Complex(4, 3), amperes: 100)
        return (feeder, end)
    }

    private func request(_ node: Int, _ range: ClosedRange<Double>, intervals: Int = 1) -> CapacityRequest {
        let each = [Double](repeating: 1, count: intervals)
        return CapacityRequest(
            places: [FlexibilityPlace(node: node)], minimumKW: each.map { $0 * range.lowerBound }, maximumKW: each.map { $0 * range.upperBound })
    }

    /// The active power that a line of impedance z carries at a current: |E − zI|·√3·I for a load without reactive power.
    private func power(amperes: Double, ohms z: Complex, source: Double) -> Double {
        let drop = Complex(3.0.squareRoot() * amperes) * z
        // V and I are in phase: E² = (V + Re drop)² + (Im drop)².
        let volts = (source * source - drop.imaginary * drop.imaginary).squareRoot() - drop.real
        return 3.0.squareRoot() * volts * amperes
    }

    @Test("A request is cut to what the line carries in the worst quantile, with line, current and limit named")
    func cut() throws {
        let (feeder, end) = oneLine()
        var forecast = try NetLoadForecast(nodes: [end], intervalCount: 2, intervalHours: 0.25, quantiles: [0.1, 0.5, 0.9])
        for (quantile, kilowatts) in [1000.0, 2000, 2500].enumerated() {
            forecast.set(Complex(kilowatts * 1000), node: end, interval: 1, quantile: quantile)
        }
        let answer = try CapacityCheck(try CongestionGrid(feeder.network), forecast: forecast).answer(request(end, 0...1000, intervals: 2))
        #expect(answer.intervals[0].acceptedKW == 0...1000 && answer.intervals[0].sentence == nil && !answer.isWhole)
        let most = power(amperes: 100, ohms: Complex(4, 3), source: 20_000) / 1000 - 2500
        let fitting = try #require(answer.intervals[1].increase)
        #expect(fitting.fittingKW <= most && fitting.fittingKW > most - 0.11)
        #expect(answer.intervals[1].acceptedKW == 0...fitting.fittingKW)
        let limit = try #require(fitting.limitedBy)
        #expect(limit.congestion.kind == .current && limit.congestion.element.name == "L5" && limit.congestion.quantile == 0.9 && !limit.isExceededAlready)
        let sentence = try #require(answer.intervals[1].sentence)
        #expect(sentence == "interval 1: cut to \(Int(fitting.fittingKW.rounded())) of 1000 kW: line L5 would carry \(Int(limit.congestion.value.rounded())) A of 100 A in the P90 case")
        let whole = 3500e3 / GridOutlookTests.volts(load: Complex(3_500_000), ohms: Complex(4, 3), source: 20_000) / 3.0.squareRoot()
        #expect(abs(limit.congestion.value - whole) < 1e-4)
        // Losses of the median: 2000 kW and what fits on top.
        func losses(_ kilowatts: Double) -> Double {
            let amperes = kilowatts * 1000 / GridOutlookTests.volts(load: Complex(kilowatts * 1000), ohms: Complex(4, 3), source: 20_000) / 3.0.squareRoot()
            return 3 * 4 * amperes * amperes / 1000 * 0.25
        }
        #expect(abs(fitting.addedLossesKWh - (losses(2000 + fitting.fittingKW) - losses(2000))) < 1e-6)
        let headroom = try #require(fitting.headroom)
        #expect(headroom.highestLoading <= 1 && headroom.highestLoading > 0.9999 && headroom.mostLoaded?.name == "L5")
        #expect(headroom.leastVoltageMargin > 0 && headroom.nearestNode?.name == "B")
    }

    @Test("Feed-in is cut at the upper voltage, and both directions of a range are searched")
    func feedIn() throws {
        let (feeder, end) = oneLine(held: 20_900)
        let grid = try CongestionGrid(feeder.network, limits: CongestionLimits(voltageBand: 0.9...1.05))
        let answer = try CapacityCheck(grid, forecast: try feeder.forecast([end: [0]])).answer(request(end, -2000...500))
        #expect(answer.first.increase?.fittingKW == 500)
        let reduction = try #require(answer.first.reduction)
        #expect(reduction.limitedBy?.congestion.kind == .highVoltage && reduction.limitedBy?.congestion.limit == 21_000)
        // At V = 21 kV and E = 20.9 kV: E² = (V − RP/V)² + (XP/V)² with P fed in.
        let (v, e, r, x) = (21_000.0, 20_900.0, 4.0, 3.0)
        let a = (r * r + x * x) / (v * v), most = (2 * r - (4 * r * r - 4 * a * (v * v - e * e)).squareRoot()) / (2 * a) / 1000
        #expect(abs(-reduction.fittingKW - most) < 0.21 && -reduction.fittingKW <= most)
        #expect(answer.first.acceptedKW == reduction.fittingKW...500)
    }

    @Test("A range that has to be taken from its lower end on is refused where that does not fit")
    func leastPower() throws {
        let (feeder, end) = oneLine()
        let check = CapacityCheck(try CongestionGrid(feeder.network), forecast: try feeder.forecast([end: [3000]]))
        #expect(try check.answer(request(end, 100...1000)).first.acceptedKW?.lowerBound == 100)
        let refused = try check.answer(request(end, 800...1000)).first
        #expect(refused.acceptedKW == nil && (refused.increase?.fittingKW ?? 0) > 300 && refused.reduction == nil)
    }

    @Test("What the forecast exceeds already may be relieved and not be made worse")
    func exceededAlready() throws {
        let (feeder, end) = oneLine()
        let check = CapacityCheck(try CongestionGrid(feeder.network), forecast: try feeder.forecast([end: [3600]]))
        let answer = try check.answer(request(end, -500...200)).first
        #expect(answer.reduction?.fittingKW == -500 && answer.reduction?.limitedBy == nil)
        #expect((answer.reduction?.addedLossesKWh ?? 0) < 0)
        #expect(answer.increase?.fittingKW == 0 && answer.increase?.limitedBy?.isExceededAlready == true)
        #expect(answer.sentence?.hasPrefix("interval 0: nothing of 200 kW fits: line L5 would carry") == true)
        #expect(answer.sentence?.hasSuffix("which the forecast exceeds already") == true)
    }

    @Test("A request that would overload a line is cut with the line named; after a switch change it is taken whole")
    func switchChange() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let b = feeder.line("L1", from: busbar, to: "B", Complex(0.5, 0.5), amperes: 100)
        let c = feeder.line("L2", from: b, to: "C", Complex(0.5, 0.5), amperes: 100)
        let near = feeder.node("C'")
        feeder.device("S2", c, near)
        feeder.line("L9", busbar, near, Complex(0.5, 0.5), amperes: 200)
        feeder.device("S9", busbar, busbar)
        feeder.network.switches.removeLast()
        let far = feeder.node("D")
        feeder.device("S3", near, far)
        // Normally C is fed over L1 and L2; L9 is open at its end.
        feeder.network.lines[2].to = Terminal(node: far)
        feeder.network.switches[1].isOpen = true
        let forecast = try feeder.forecast([b: [1500], near: [1000]])
        let first = try CapacityCheck(try CongestionGrid(feeder.network), forecast: forecast).answer(request(near, 0...2000))
        #expect(first.first.increase?.limitedBy?.congestion.element.name == "L1" && !first.isWhole)
        feeder.network.switches[0].isOpen = true
        feeder.network.switches[1].isOpen = false
        let second = try CapacityCheck(try CongestionGrid(feeder.network), forecast: forecast).answer(request(near, 0...2000))
        #expect(second.isWhole && second.sentences.isEmpty)
    }

    @Test("An outage that has to be survived cuts further, and is named")
    func contingency() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let b = feeder.line("L1", from: busbar, to: "B", Complex(1, 1), amperes: 100)
        feeder.line("L2", busbar, b, Complex(1, 1), amperes: 100)
        let forecast = try feeder.forecast([b: [2000]])
        let grid = try CongestionGrid(feeder.network)
        let intact = try CapacityCheck(grid, forecast: forecast).answer(request(b, 0...3000)).first
        #expect(intact.acceptedKW == 0...3000)
        let secure = try CapacityCheck(grid, forecast: forecast, contingencies: Contingency.single(of: feeder.network)).answer(request(b, 0...3000))
        let most = power(amperes: 100, ohms: Complex(1, 1), source: 20_000) / 1000 - 2000
        #expect(abs((secure.first.increase?.fittingKW ?? 0) - most) < 0.31)
        #expect(secure.first.sentence?.hasSuffix("in the P50 case with line L1 out") == true)
    }

    @Test("Places without supply refuse the request with a sentence")
    func unsupplied() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A"), dead = feeder.node("station 7")
        feeder.device("S7", busbar, dead, isOpen: true)
        let check = CapacityCheck(try CongestionGrid(feeder.network), forecast: try feeder.forecast([dead: [0]]))
        let answer = try check.answer(request(dead, 50...100))
        #expect(answer.refusal == "station 7 has no closed path to an external grid: nothing of the request can be delivered there")
        #expect(answer.first.acceptedKW == nil && !answer.isWhole)
    }

    @Test("A request that does not fit is refused with a sentence", arguments: [
        ("no place", "names no node"), ("node", "node 99"), ("share", "add up to 0.5"), ("negative", "share of 'B' is -1"), ("count", "2 least and 1 most"),
        ("order", "asks for 3.0 to 2.0 kW"), ("nan", "asks for nan to 2.0 kW"), ("reactive", "nan kvar per kW"),
    ])
    func invalid(what: String, words: String) throws {
        let (feeder, end) = oneLine()
        var request = request(end, 0...2)
        switch what {
        case "no place": request.places = []
        case "node": request.places = [FlexibilityPlace(node: 99)]
        case "share": request.places[0].share = 0.5
        case "negative": request.places[0].share = -1
        case "count": request.minimumKW = [0, 0]
        case "order": request.minimumKW = [3]
        case "nan": request.minimumKW = [.nan]
        default: request.reactivePerActive = .nan
        }
        let check = CapacityCheck(try CongestionGrid(feeder.network), forecast: try feeder.forecast([end: [0]]))
        let error = #expect(throws: CongestionError.self) { _ = try check.answer(request) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("On random feeders and meshes what is accepted keeps every limit by a power flow of the tests' own, and a little more does not", arguments: 0..<60)
    func property(seed: Int) throws {
        let random = RandomFeeder(seed: UInt64(seed), loops: seed % 3 == 0 ? 3 : 0)
        let scales = [0.5, 1.1]
        let forecast = try random.forecast(scales: scales, quantiles: [0.1, 0.9])
        var generator = SeededGenerator(state: UInt64(seed) + 1000)
        let nodes = Array(random.loads.shuffled(using: &generator).prefix(2))
        let places = FlexibilityPlace.shared(among: nodes, by: forecast)
        let wish = Double.random(in: 200...6000, using: &generator)
        let request = CapacityRequest(places: places, minimumKW: [-wish], maximumKW: [wish], reactivePerActive: 0.2)
        let answer = try CapacityCheck(try random.grid(), forecast: forecast).answer(request).first
        func worst(_ kilowatts: Double) -> Double {
            scales.map { scale in
                var consumption = random.consumption.mapValues { scale * $0 }
                for place in places { consumption[place.node, default: .zero] += Complex(place.share * kilowatts * 1000, place.share * kilowatts * 200) }
                return PlainFlow(random.network, consumption: consumption).worst(random.network, band: random.band)
            }.max()!
        }
        let base = worst(0)
        for end in [answer.increase, answer.reduction].compactMap({ $0 }) {
            if base <= 0 { #expect(worst(end.fittingKW) <= 1e-9) }
            guard end.limitedBy != nil else {
                #expect(end.fittingKW == end.wishedKW)
                continue
            }
            let more = end.fittingKW + (end.wishedKW > 0 ? 1 : -1) * max(0.002, 2e-4 * wish)
            #expect(worst(more) > max(0, base) || base > 0)
        }
    }
}

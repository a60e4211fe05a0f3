@testable import Congestion
import Grid
import Testing

@Suite("Flexibility dispatch")
struct DispatchTests {
    /// A line with 100 A, then two stations behind each other.
    private func feeder() -> (feeder: Feeder, near: Int, far: Int) {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let near = feeder.line("L1", from: busbar, to: "near", Complex(2, 2), amperes: 100)
        let far = feeder.line("L2", from: near, to: "far", Complex(4, 2), amperes: 80)
        return (feeder, near, far)
    }

    private func offer(_ id: String, _ node: Int, down: Double, price: Double, intervals: Int = 1) -> FlexibilityOffer {
        FlexibilityOffer(id: id, node: node, intervalCount: intervals, mostReductionKW: down, reductionPrice: price)
    }

    @Test("The adjoint gradients are the finite differences of exact power flows", arguments: 0..<6)
    func gradients(seed: Int) throws {
        let random = RandomFeeder(seed: UInt64(seed), loops: seed % 2 == 0 ? 0 : 3)
        let forecast = try random.forecast(scales: [1.2], quantiles: [0.5])
        let grid = try random.grid()
        var solver = try CaseSolver(grid, forecast)
        solver.load(interval: 0, quantile: 0)
        var state = PowerFlowState()
        #expect(try solver.solve(into: &state) == nil)
        let gradients = try AdjointGradients(grid.grid)
        try gradients.linearise(at: state.voltages)
        let branch = grid.table.ends[grid.table.ends.count / 2].branch
        let limits: [GridLimit] = [
            .lowest(3), .highest(Int32(grid.grid.nodeCount - 1)), .current(branch: branch, isFirstEnd: true), .current(branch: branch, isFirstEnd: false),
        ]
        func solved(_ node: Int, _ step: Complex) throws -> [Double] {
            solver.load(interval: 0, quantile: 0)
            solver.add([(Int32(node), step)])
            var state = state
            #expect(try solver.solve(into: &state) == nil)
            let given = solver.losses(state) + solver.injections.constantPower.reduce(0) { $0 - $1.real }
            return limits.map { grid.table.excess($0, state.voltages, grid.grid.branches) } + [given]
        }
        let exact = try limits.map { try gradients.excess($0, grid.table) } + [try gradients.sourcePower()]
        let sources = Set(grid.grid.sources.map { Int($0.node) })
        for node in 0..<grid.grid.nodeCount where !sources.contains(node) {
            for (step, part) in [(Complex(1e-4, 0), { (value: Complex) in value.real }), (Complex(0, 1e-4), { $0.imaginary })] {
                let (up, down) = (try solved(node, step), try solved(node, -step))
                for (position, gradient) in exact.enumerated() {
                    let difference = (up[position] - down[position]) / 2e-4
                    #expect(abs(difference - part(gradient[node])) < 1e-6 + 1e-5 * abs(difference), "quantity \(position), node \(node)")
                }
            }
        }
    }

    @Test("The cheaper of two offers cures an overload, the dearer takes what is left, and the marginal one makes the price")
    func merit() throws {
        let (feeder, near, far) = feeder()
        let forecast = try feeder.forecast([near: [1800], far: [2400]], tangent: 0.2)
        let dispatch = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast)
        let plan = try dispatch.plan([offer("dear", near, down: 2000, price: 0.5), offer("cheap", far, down: 300, price: 0.2)])
        #expect(plan.isCured && !plan.congestionsBefore.isEmpty)
        #expect(plan.activations.map(\.offerID) == ["dear", "cheap"])
        #expect(abs(plan.activations[1].kilowatts + 300) < 1e-6)
        #expect(abs(plan.cost - (300 * 0.2 - plan.activations[0].kilowatts * 0.5) * 0.25) < 1e-9)
        #expect(plan.requests.map(\.element.name) == ["near", "far"] && plan.requests.map(\.interval) == [0, 0])
        // Exactly to the limit, by a power flow of the tests' own.
        let (first, second) = (1800 + plan.activations[0].kilowatts, 2100.0)
        let consumption = [near: Complex(first * 1000, 360_000), far: Complex(second * 1000, 480_000)]
        let amperes = PlainFlow(feeder.network, consumption: consumption).amperes
        #expect(amperes[0] <= 100 && amperes[0] > 100 - 1e-4)
        let binding = try #require(plan.bindingLimits.first)
        #expect(plan.bindingLimits.count == 1 && binding.limit.element.name == "L1" && binding.limit.kind == .current)
        #expect(binding.description.hasPrefix("current of L1 binds in interval 0, P50: one A more would save "))
        // A wider limit saves what the shadow price says.
        let wider = try CongestionGrid(feeder.network, limits: CongestionLimits(ratedAmperes: ["L1": 100.1]))
        let less = try FlexibilityDispatch(wider, forecast: forecast).plan([offer("dear", near, down: 2000, price: 0.5), offer("cheap", far, down: 300, price: 0.2)])
        #expect(abs((plan.cost - less.cost) / 0.1 / 0.25 - binding.shadowPrice) < 0.01 * binding.shadowPrice)
    }

    @Test("On a small case nothing on a fine grid of activations, judged by exact power flows, is cheaper")
    func bruteForce() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let b = feeder.line("L1", from: busbar, to: "B", Complex(3, 3), amperes: 110)
        let c = feeder.line("L2", from: b, to: "C", Complex(8, 5), amperes: 60)
        let d = feeder.line("L3", from: b, to: "D", Complex(8, 5), amperes: 60)
        let loads = [b: 800.0, c: 1900, d: 1700]
        let forecast = try feeder.forecast(loads.mapValues { [$0] })
        let grid = try CongestionGrid(feeder.network, limits: CongestionLimits(voltageBand: 0.949...1.05))
        let prices = [b: 0.21, c: 0.3, d: 0.27]
        let offers = [b, c, d].map { offer("at \($0)", $0, down: 600, price: prices[$0]!) }
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan(offers)
        #expect(plan.isCured)
        var best = Double.infinity
        let step = 50.0
        for x in stride(from: 0.0, through: 600, by: step) {
            for y in stride(from: 0.0, through: 600, by: step) {
                for z in stride(from: 0.0, through: 600, by: step) {
                    let cost = (x * 0.21 + y * 0.3 + z * 0.27) * 0.25
                    guard cost < best else { continue }
                    let consumption = [b: Complex((800 - x) * 1000), c: Complex((1900 - y) * 1000), d: Complex((1700 - z) * 1000)]
                    if PlainFlow(feeder.network, consumption: consumption).worst(feeder.network, band: 0.949...1.05) <= 0 { best = cost }
                }
            }
        }
        #expect(plan.cost <= best + 1e-9 && plan.cost > best - (0.21 + 0.3 + 0.27) * step * 0.25)
    }

    @Test("One set of activations cures the feed-in of P10 and the load of P90")
    func allQuantiles() throws {
        let (feeder, near, far) = feeder()
        var forecast = try NetLoadForecast(nodes: [near, far], intervalCount: 1, intervalHours: 0.25, quantiles: [0.1, 0.9])
        forecast.set(Complex(-3000e3), node: far, interval: 0, quantile: 0)
        forecast.set(Complex(2000e3), node: far, interval: 0, quantile: 1)
        forecast.set(Complex(1500e3), node: near, interval: 0, quantile: 1)
        let both = FlexibilityOffer(
            id: "battery", node: far, intervalCount: 1, mostIncreaseKW: 1000, mostReductionKW: 1000, increasePrice: 0.1, reductionPrice: 0.1)
        let plan = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast).plan([both, offer("near", near, down: 1500, price: 0.3)])
        // At P10 the feed-in is too much for L2, so that the far end has to take more; that makes L1 worse at P90, which the near one cures.
        #expect(plan.isCured && Set(plan.congestionsBefore.map(\.quantile)) == [0.1, 0.9])
        #expect(plan.deviation(offer: 0, interval: 0) > 100 && plan.deviation(offer: 1, interval: 0) < -200)
        #expect(Set(plan.bindingLimits.map(\.limit.quantile)) == [0.1, 0.9])
    }

    @Test("Energy, ramp, store and rebound of offers are obeyed")
    func offerLimits() throws {
        let (feeder, near, far) = feeder()
        let loads = [1000.0, 3600, 3700, 3650, 1000, 1000]
        let forecast = try feeder.forecast([near: loads, far: loads.map { _ in 100 }])
        let grid = try CongestionGrid(feeder.network)
        func each(_ value: Double) -> [Double] { loads.map { _ in value } }
        let pump = FlexibilityOffer(
            id: "heat pumps", places: [FlexibilityPlace(node: near)], mostIncreaseKW: each(0), mostReductionKW: each(400), increasePrice: each(0),
            reductionPrice: each(0.1), mostReductionKWh: 60, rampKW: 150, rebound: .init(share: 0.8, after: 2...3))
        let battery = FlexibilityOffer(
            id: "battery", places: [FlexibilityPlace(node: far)], mostIncreaseKW: each(300), mostReductionKW: each(300), increasePrice: each(0.05),
            reductionPrice: each(0.15), storedKWh: -20...40)
        let last = offer("last", near, down: 2000, price: 2, intervals: 6)
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan([pump, battery, last])
        #expect(plan.isCured)
        func activation(_ offer: Int, _ interval: Int) -> Double { plan.activations.first { $0.offer == offer && $0.interval == interval }?.kilowatts ?? 0 }
        let pumps = (0..<6).map { activation(0, $0) }
        #expect(pumps.reduce(0) { $0 - $1 * 0.25 } <= 60 + 1e-6 && pumps.contains { $0 < -100 })
        #expect(zip([0] + pumps, pumps).allSatisfy { abs($0 - $1) <= 150 + 1e-6 })
        for interval in 0..<6 {
            let back = (2...3).reduce(0.0) { interval >= $1 ? $0 - 0.4 * pumps[interval - $1] : $0 }
            #expect(abs(plan.deviation(offer: 0, interval: interval) - pumps[interval] - back) < 1e-6)
        }
        var stored = 0.0
        for interval in 0..<6 {
            stored += activation(1, interval) * 0.25
            #expect(stored >= -20 - 1e-6 && stored <= 40 + 1e-6)
        }
        #expect((0..<6).contains { activation(1, $0) > 1 } && (0..<6).contains { activation(1, $0) < -1 })
    }

    @Test("What no offer cures stays named with its figures, and all that helps is used")
    func incurable() throws {
        let (feeder, near, far) = feeder()
        let forecast = try feeder.forecast([near: [2000], far: [2400]])
        let plan = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast).plan([offer("small", far, down: 200, price: 0.2)])
        #expect(!plan.isCured && plan.remaining.map(\.element.name) == ["L1"] && abs(plan.activations[0].kilowatts + 200) < 1e-6)
        let before = try #require(plan.congestionsBefore.first), after = try #require(plan.remaining.first)
        #expect(after.value < before.value && after.value > 100)
        let none = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast).plan([])
        #expect(none.remaining == none.congestionsBefore && none.activations.isEmpty && none.cost == 0)
        let dear = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast, options: DispatchOptions(violationPrice: 1))
            .plan([offer("dear", far, down: 1000, price: 5)])
        #expect(dear.activations.isEmpty && !dear.isCured)
    }

    @Test("A voltage collapse is cured too")
    func collapse() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let end = feeder.line("L1", from: busbar, to: "B", Complex(10, 10))
        let forecast = try feeder.forecast([end: [11_000]])
        let plan = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast).plan([offer("much", end, down: 11_000, price: 0.2)])
        #expect(plan.congestionsBefore.map(\.kind) == [.collapse] && plan.isCured)
        // The load at 18 kV: V⁴ + (2RP − E²)V² + |Z|²P² = 0.
        let left = 11_000 + plan.activations[0].kilowatts
        #expect(abs(GridOutlookTests.volts(load: Complex(left * 1000), ohms: Complex(10, 10), source: 20_000) - 18_000) < 0.1)
    }

    @Test("Without congestion nothing is asked; offers without supply are told")
    func nothing() throws {
        var (feeder, near, far) = feeder()
        let dead = feeder.node("dead")
        let forecast = try feeder.forecast([near: [500], far: [500]])
        let plan = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: forecast)
            .plan([offer("far", far, down: 100, price: 0), offer("lost", dead, down: 100, price: 0)])
        #expect(plan.isCured && plan.activations.isEmpty && plan.rounds == 0 && plan.bindingLimits.isEmpty)
        #expect(plan.notes == ["the offer 'lost' is not used: dead has no closed path to an external grid"])
    }

    @Test("An outage is prepared for")
    func contingency() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let b = feeder.line("L1", from: busbar, to: "B", Complex(1, 1), amperes: 100)
        feeder.line("L2", busbar, b, Complex(1, 1), amperes: 100)
        let forecast = try feeder.forecast([b: [4000]])
        let grid = try CongestionGrid(feeder.network)
        let contingencies = Contingency.single(of: feeder.network)
        let plan = try FlexibilityDispatch(grid, forecast: forecast, contingencies: contingencies).plan([offer("b", b, down: 1000, price: 1)])
        #expect(plan.isCured && Set(plan.congestionsBefore.compactMap(\.contingency)) == ["line L1 out", "line L2 out"])
        var outage = feeder.network
        outage.lines[1].from.isConnected = false
        let left = (4000 + plan.activations[0].kilowatts) * 1000
        #expect(abs(PlainFlow(outage, consumption: [b: Complex(left)]).amperes[0] - 100) < 1e-3)
    }

    @Test("On random feeders and meshes plans keep every limit by a power flow of the tests' own", arguments: 0..<30)
    func property(seed: Int) throws {
        let random = RandomFeeder(seed: UInt64(seed) + 500, loops: seed % 3 == 0 ? 3 : 0)
        let scales = [0.9, 1.6]
        let forecast = try random.forecast(scales: scales, quantiles: [0.1, 0.9], intervals: 2)
        var generator = SeededGenerator(state: UInt64(seed))
        let offers = random.loads.map { node in
            FlexibilityOffer(
                id: "at \(node)", node: node, intervalCount: 2, mostIncreaseKW: 1500, mostReductionKW: 1500,
                increasePrice: Double.random(in: 0.05...0.4, using: &generator), reductionPrice: Double.random(in: 0.05...0.4, using: &generator))
        }
        let plan = try FlexibilityDispatch(try random.grid(), forecast: forecast).plan(offers)
        #expect(plan.isCured, "\(plan.remaining.map(\.description)) after \(plan.rounds) rounds")
        #expect(plan.rounds <= 10)
        for interval in 0..<2 {
            for scale in scales {
                var consumption = random.consumption.mapValues { (scale + 0.1 * Double(interval)) * $0 }
                for (position, node) in random.loads.enumerated() {
                    consumption[node, default: .zero] += Complex(plan.deviation(offer: position, interval: interval) * 1000)
                }
                #expect(PlainFlow(random.network, consumption: consumption).worst(random.network, band: random.band) <= 1e-9)
            }
        }
    }

    @Test("An offer that does not fit is refused with a sentence", arguments: [
        ("count", "2 reductions for 1 intervals"), ("negative", "expected amounts of at least 0"), ("nan", "prices of reductions of interval 0 are nan"),
        ("pump", "a price for doing nothing"), ("store", "expected a range around 0"), ("rebound", "from interval 1 on"), ("ramp", "its ramp is bounded by -1.0"),
        ("place", "names no node"),
    ])
    func invalid(what: String, words: String) throws {
        let (feeder, near, far) = feeder()
        var bad = offer("bad", far, down: 10, price: 0.1)
        switch what {
        case "count": bad.mostReductionKW = [1, 2]
        case "negative": bad.mostIncreaseKW = [-1]
        case "nan": bad.reductionPrice = [.nan]
        case "pump": bad.increasePrice = [-0.3]
        case "store": bad.storedKWh = 1...2
        case "rebound": bad.rebound = .init(share: 1, after: 0...2)
        case "ramp": bad.rampKW = -1
        default: bad.places = []
        }
        let dispatch = try FlexibilityDispatch(try CongestionGrid(feeder.network), forecast: try feeder.forecast([near: [1]]))
        let error = #expect(throws: CongestionError.self) { _ = try dispatch.plan([bad]) }
        #expect(error?.description.contains(words) == true && error?.description.contains("'bad'") == true, "\(error?.description ?? "")")
    }
}

import Congestion
import Glibc
import Grid
import SyntheticGrids

/// `make bench-congestion`: outlook, request and dispatch of a day in quarters of an hour at three quantiles, on radial 110/20/0.4 kV networks.
@main
struct Main {
    static func main() throws {
        print("   nodes  what                                                 median ms    aim ms  (processor time)")
        for nodes in [1_000, 5_000] { try measure(nodes: nodes, hasAims: nodes == 1_000) }
    }

    private static func measure(nodes: Int, hasAims: Bool) throws {
        let synthetic = RadialNetwork(nodeCount: nodes)
        let network = synthetic.network()
        let limits = CongestionLimits(voltageBand: 0.9...1.1)
        var grid = try CongestionGrid(network, limits: limits)
        let prepare = try milliseconds(5) { grid = try CongestionGrid(network, limits: limits) }
        row(nodes, "grid from the network, after a switch operation", prepare, nil)
        let forecast = try forecast(synthetic)
        var outlook = try GridOutlook(grid, forecast: forecast)
        let look = try milliseconds(5) { outlook = try GridOutlook(grid, forecast: forecast) }
        row(nodes, "outlook: 96 intervals × 3 quantiles", look, hasAims ? 100 : nil)
        print("          \(outlook.congestions.count) limits exceeded in \(Set(outlook.congestions.map(\.interval)).count) intervals, "
            + "\(outlook.worst.count) elements")
        let nodesOfLoads = synthetic.loads.map(\.node)
        let places = FlexibilityPlace.shared(among: Array(nodesOfLoads.prefix(50)), by: forecast)
        let check = CapacityCheck(grid, forecast: forecast)
        for (what, kilowatts) in [("request that fits", 0.5), ("request that is cut everywhere", 3_000.0)] {
            let request = CapacityRequest(
                places: places, minimumKW: Array(repeating: -kilowatts, count: 96), maximumKW: Array(repeating: kilowatts, count: 96))
            var answer = try check.answer(request)
            let times = try milliseconds(3) { answer = try check.answer(request) }
            row(nodes, what + ", both directions", times, hasAims ? 500 : nil)
            print("          \(answer.intervals.count { $0.sentence != nil }) of 96 intervals cut")
        }
        let offers = offers(nodesOfLoads)
        let dispatch = try FlexibilityDispatch(grid, forecast: forecast)
        var plan = try dispatch.plan(offers)
        let planned = try milliseconds(3) { plan = try dispatch.plan(offers) }
        row(nodes, "dispatch of the day with \(offers.count) offers", planned, hasAims ? 1000 : nil)
        print("          \(plan.congestionsBefore.count) exceeded before, \(plan.remaining.count) after \(plan.rounds) rounds, cost \(plan.cost)")
        let price = [Double](repeating: 0.1, count: 96)
        let tariff = try milliseconds(3) { _ = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: offers, energyPrice: price) }
        row(nodes, "tariff of every node and interval", tariff, nil)
    }

    /// Household evenings and photovoltaic noons: P10 feeds in, P90 consumes.
    private static func forecast(_ synthetic: RadialNetwork) throws -> NetLoadForecast {
        let quantiles = [0.1, 0.5, 0.9]
        var forecast = try NetLoadForecast(nodes: synthetic.loads.map(\.node), intervalCount: 96, intervalHours: 0.25, quantiles: quantiles)
        for interval in 0..<96 {
            let hour = Double(interval) / 4
            let evening = 0.3 + 0.8 * exp(-(hour - 19) * (hour - 19) / 6)
            let sun = max(0, sin((hour - 6) / 12 * .pi))
            for (quantile, (load, feedIn)) in [(0.8, 1.6), (1.0, 1.0), (1.3, 0.3)].enumerated() {
                for place in synthetic.loads {
                    let watts = 2.2 * place.watts * (load * evening - feedIn * sun)
                    forecast.add(Complex(watts, place.vars * load * evening), node: place.node, interval: interval, quantile: quantile)
                }
            }
        }
        return forecast
    }

    /// Every eighth load offers up to 3 kW either way, at prices that are the same in every run.
    private static func offers(_ nodes: [Int]) -> [FlexibilityOffer] {
        stride(from: 0, to: nodes.count, by: 8).map { position in
            let price = 0.1 + 0.3 * Double(position * 7 % 97) / 97
            return FlexibilityOffer(
                id: "load \(position)", node: nodes[position], intervalCount: 96, mostIncreaseKW: 3, mostReductionKW: 3, increasePrice: price,
                reductionPrice: price)
        }
    }

    /// Processor time, which does not count what else the machine does.
    private static func milliseconds(_ runs: Int, _ body: () throws -> Void) throws -> [Double] {
        try (0..<runs).map { _ in
            let began = processorMilliseconds()
            try body()
            return processorMilliseconds() - began
        }
    }

    private static func processorMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    private static func row(_ nodes: Int, _ what: String, _ times: [Double], _ aim: Double?) {
        func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        print("\(padded("\(nodes)", 8))  \(what)\(padded(number(times.sorted()[times.count / 2]), max(0, 62 - what.count)))\(padded(aim.map(number) ?? "–", 10))")
    }
}

import Congestion
import Grid
import Testing

@Suite("Network tariff")
struct NetworkTariffTests {
    private func feeder() -> (feeder: Feeder, busbar: Int, near: Int, far: Int) {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let near = feeder.line("L1", from: busbar, to: "near", Complex(2, 2), amperes: 100)
        let far = feeder.line("L2", from: near, to: "far", Complex(4, 2), amperes: 80)
        return (feeder, busbar, near, far)
    }

    @Test("Without congestion the price is that of the marginal losses, as a power flow of the tests' own finds them")
    func losses() throws {
        let (feeder, busbar, near, far) = feeder()
        let (a, b) = ([900.0, -1500], [700.0, -400])
        let forecast = try feeder.forecast([near: a, far: b])
        let grid = try CongestionGrid(feeder.network)
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan([])
        let tariff = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: [], energyPrice: [0.1, 0.2])
        for interval in 0..<2 {
            for node in [near, far] {
                func losses(_ step: Double) -> Double {
                    var consumption = [near: Complex(a[interval] * 1000), far: Complex(b[interval] * 1000)]
                    consumption[node]! += Complex(step)
                    return PlainFlow(feeder.network, consumption: consumption).lossesWatts
                }
                let marginal = (losses(1000) - losses(-1000)) / 2000
                let price = try #require(tariff.price(node: node, interval: interval))
                #expect(abs(price.losses - [0.1, 0.2][interval] * marginal) < 1e-7 && price.voltage == 0 && price.current == 0)
            }
            #expect(tariff.price(node: busbar, interval: interval)?.total == 0)
        }
        // More load costs, and more at the far end; with feed-in it earns.
        #expect(tariff.price(node: far, interval: 0)!.total > tariff.price(node: near, interval: 0)!.total)
        #expect(tariff.price(node: near, interval: 1)!.total < 0)
    }

    @Test("With congestion the price at the marginal offer is its own, before the line nothing")
    func marginalOffer() throws {
        let (feeder, busbar, near, far) = feeder()
        let forecast = try feeder.forecast([near: [800], far: [3000]])
        let grid = try CongestionGrid(feeder.network)
        let offers = [FlexibilityOffer(id: "far", node: far, intervalCount: 1, mostReductionKW: 1000, reductionPrice: 0.35)]
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan(offers)
        let tariff = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: offers, energyPrice: [0])
        #expect(plan.isCured)
        #expect(abs(try #require(tariff.price(node: far, interval: 0)).current - 0.35) < 1e-6)
        // The limit of L1 or L2: before it consumption changes the current by next to nothing.
        #expect(abs(try #require(tariff.price(node: busbar, interval: 0)).total) < 1e-9)
        #expect(try #require(tariff.price(node: near, interval: 0)).current < 0.35)
    }

    @Test("A voltage that binds is priced apart from currents, the most at its own node")
    func voltage() throws {
        let (feeder, _, near, far) = feeder()
        let forecast = try feeder.forecast([near: [500], far: [1500]])
        let grid = try CongestionGrid(feeder.network, limits: CongestionLimits(voltageBand: 0.98...1.05))
        let offers = [FlexibilityOffer(id: "far", node: far, intervalCount: 1, mostReductionKW: 1000, reductionPrice: 0.2)]
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan(offers)
        let tariff = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: offers, energyPrice: [0.1])
        let (first, second) = (try #require(tariff.price(node: near, interval: 0)), try #require(tariff.price(node: far, interval: 0)))
        #expect(plan.bindingLimits.map(\.limit.kind) == [.lowVoltage] && plan.bindingLimits[0].limit.element.name == "far")
        #expect(abs(second.voltage - 0.2) < 1e-6 && first.voltage > 0.04 && first.voltage < second.voltage && second.current == 0)
    }

    @Test("Without offers congestion has the violation price where it helps most, and a bound keeps prices within")
    func withoutOffers() throws {
        let (feeder, _, near, far) = feeder()
        let forecast = try feeder.forecast([near: [800], far: [3000]])
        let grid = try CongestionGrid(feeder.network)
        let plan = try FlexibilityDispatch(grid, forecast: forecast, options: DispatchOptions(violationPrice: 3)).plan([])
        let tariff = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: [], energyPrice: [0])
        let limits = Double(Set(plan.bindingLimits.map(\.limit.element)).count)
        let price = try #require(tariff.price(node: far, interval: 0)).current
        #expect(price > 2.9 && price < 3 * limits * 2.01)
        let bounded = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: [], energyPrice: [0], highestPrice: 0.5)
        #expect(try #require(bounded.price(node: far, interval: 0)).current == 0.5)
    }

    @Test("Hours are means of their intervals; nodes without supply have no price; what does not fit is refused")
    func hours() throws {
        var (feeder, _, near, far) = feeder()
        let dead = feeder.node("dead")
        let forecast = try feeder.forecast([near: [100, 200, 300, 400, 500, 600, 700, 800], far: (0..<8).map { _ in 10 }])
        let grid = try CongestionGrid(feeder.network)
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan([])
        let tariff = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: [], energyPrice: [Double](repeating: 0.1, count: 8))
        let hourly = tariff.hourlyPrices(node: near)
        let mean = (0..<4).reduce(0) { $0 + tariff.price(node: near, interval: $1)!.losses } / 4
        #expect(hourly.count == 2 && abs(hourly[0]!.losses - mean) < 1e-12 && hourly[1]!.losses > mean)
        #expect(tariff.price(node: dead, interval: 0) == nil && tariff.hourlyPrices(node: dead) == [nil, nil])
        let error = #expect(throws: CongestionError.self) {
            _ = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: [], energyPrice: [0.1])
        }
        #expect(error?.description.contains("1 prices of energy for 8 intervals") == true)
    }
}

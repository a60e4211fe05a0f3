import Congestion
import Grid
import Testing

@Suite("Demonstration grid")
struct DemonstrationGridTests {
    /// The CIGRE medium-voltage benchmark network of the demonstration site.
    private static let network: Network = {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/manifests/demo/grid"
        return CIMReader().read(paths: ["EQ", "SSH", "DL"].map { "\(folder)/cigre-mv_\($0).xml" }).network
    }()

    /// Its own loads and plants, multiplied.
    private func forecast(_ network: Network, scales: [Double], quantiles: [Double] = [0.5]) throws -> NetLoadForecast {
        let own = try NetLoadForecast(loadsOf: network, intervalCount: 1, intervalHours: 0.25)
        var forecast = try NetLoadForecast(nodes: own.nodes, intervalCount: 1, intervalHours: 0.25, quantiles: quantiles)
        for node in own.nodes {
            for (quantile, scale) in scales.enumerated() {
                forecast.set(scale * own.power(node: node, interval: 0, quantile: 0), node: node, interval: 0, quantile: quantile)
            }
        }
        return forecast
    }

    @Test("A request at the end of a feeder is cut with the line named that carries most; fed from the other transformer it is taken whole")
    func switchChange() throws {
        var network = Self.network
        let forecast = try forecast(network, scales: [0.6, 0.7, 0.8], quantiles: [0.1, 0.5, 0.9])
        let grid = try CongestionGrid(network)
        let node = try grid.node("N11")
        let request = CapacityRequest(places: [FlexibilityPlace(node: node)], minimumKW: [0], maximumKW: [3000])
        let cut = try CapacityCheck(grid, forecast: forecast).answer(request).first
        let limit = try #require(cut.increase?.limitedBy?.congestion)
        #expect(limit.element.name == "L2-3" && limit.limit == 145 && limit.value > 150 && limit.quantile == 0.9)
        #expect(cut.sentence?.hasPrefix("interval 0: cut to ") == true && cut.sentence?.contains("line L2-3 would carry") == true)
        for (name, isOpen) in [("L3-8.N3", true), ("L14-8.N14", false)] {
            let position = try #require(network.switches.firstIndex { $0.identity.name == name })
            network.switches[position].isOpen = isOpen
        }
        let whole = try CapacityCheck(try CongestionGrid(network), forecast: forecast).answer(request)
        #expect(whole.isWhole, "\(whole.sentences)")
    }

    @Test("An overloaded transformer is relieved by the cheapest offers behind it, and its shadow price is the tariff of everybody behind it")
    func transformer() throws {
        let network = Self.network
        let forecast = try forecast(network, scales: [0.8, 1.12], quantiles: [0.5, 0.9])
        let grid = try CongestionGrid(network, limits: CongestionLimits(voltageBand: 0.85...1.1))
        let offers = try [("N1", 0.4), ("N5", 0.25), ("N11", 0.3), ("N14", 0.01)].map {
            FlexibilityOffer(id: $0.0, node: try grid.node($0.0), intervalCount: 1, mostReductionKW: 1500, reductionPrice: $0.1)
        }
        let plan = try FlexibilityDispatch(grid, forecast: forecast).plan(offers)
        #expect(plan.isCured && Set(plan.congestionsBefore.map(\.element.name)) == ["TR1"] && plan.congestionsBefore.allSatisfy { $0.quantile == 0.9 })
        #expect(Set(plan.activations.map(\.offerID)).isSubset(of: ["N1", "N5", "N11"]) && !plan.activations.isEmpty)
        #expect(plan.bindingLimits.map(\.limit.kind) == [.transformer])
        let tariff = try NetworkTariff(grid, forecast: forecast, plan: plan, offers: offers, energyPrice: [0.1])
        func current(_ name: String) throws -> Double { try #require(tariff.price(node: grid.node(name), interval: 0)).current }
        let marginal = try #require(plan.activations.first { -$0.kilowatts < 1500 - 1e-6 })
        #expect(abs(try current(marginal.offerID) - offers[marginal.offer].reductionPrice[0]) < 1e-5)
        #expect(try abs(current("N14")) < 1e-3 && current("N2") > 0.2 && current("N11") > 0.2)
    }

    @Test("With its rings closed the network is checked as the mesh it is")
    func rings() throws {
        var network = Self.network
        for position in network.switches.indices { network.switches[position].isOpen = false }
        let forecast = try forecast(network, scales: [0.8])
        let grid = try CongestionGrid(network)
        let places = FlexibilityPlace.shared(among: try ["N8", "N11"].map { try grid.node($0) }, by: forecast)
        let request = CapacityRequest(places: places, minimumKW: [-20000], maximumKW: [20000])
        let answer = try CapacityCheck(grid, forecast: forecast).answer(request).first
        for end in [answer.increase, answer.reduction].compactMap({ $0 }) {
            func congestions(_ kilowatts: Double) throws -> [Congestion] {
                var with = forecast
                for place in places { with.add(Complex(place.share * kilowatts * 1000), node: place.node, interval: 0, quantile: 0) }
                return try GridOutlook(grid, forecast: with).congestions
            }
            #expect(try congestions(end.fittingKW).isEmpty)
            let beyond = try congestions(end.fittingKW + (end.wishedKW > 0 ? 2 : -2))
            let limit = try #require(end.limitedBy?.congestion.element)
            #expect(beyond.map(\.element).contains(limit))
        }
    }
}

import Congestion
import Grid
import Testing

@Suite("Grid outlook")
struct GridOutlookTests {
    /// V⁴ + (2(RP+XQ) − E²)V² + |Z|²|S|² = 0, line to line, in volt.
    static func volts(load: Complex, ohms z: Complex, source: Double) -> Double {
        let b = 2 * (z.real * load.real + z.imaginary * load.imaginary) - source * source
        return ((-b + (b * b - 4 * z.squaredMagnitude * load.squaredMagnitude).squareRoot()) / 2).squareRoot()
    }

    @Test("Voltage and current of one line are those of the formula, and are told with element, unit, limit, interval and quantile")
    func oneLine() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let end = feeder.line("L1", from: busbar, to: "B", Complex(4, 3), amperes: 150)
        var forecast = try NetLoadForecast(nodes: [end], intervalCount: 2, intervalHours: 0.25, quantiles: [0.1, 0.9])
        let load = Complex(6_000_000, 2_000_000)
        forecast.set(load, node: end, interval: 1, quantile: 1)
        let grid = try CongestionGrid(feeder.network, limits: CongestionLimits(voltageBand: 0.95...1.05))
        let outlook = try GridOutlook(grid, forecast: forecast)
        let volts = Self.volts(load: load, ohms: Complex(4, 3), source: 20_000)
        let amperes = load.magnitude / volts / 3.0.squareRoot()
        #expect(outlook.cases.count == 4)
        #expect(outlook.congestions.allSatisfy { $0.interval == 1 && $0.quantile == 0.9 && $0.contingency == nil })
        let low = try #require(outlook.congestions.first { $0.kind == .lowVoltage })
        #expect(low.element == GridElement(mRID: "B", name: "B", kind: .node))
        #expect(abs(low.value - volts) < 1e-3 && abs(low.limit - 19_000) < 1e-9)
        let current = try #require(outlook.congestions.first { $0.kind == .current })
        #expect(current.element.mRID == "L1" && abs(current.value - amperes) < 1e-5 && abs(current.limit - 150) < 1e-9)
        #expect(current.description == "line L1 would carry \(Int(amperes.rounded())) A of 150 A in the P90 case")
        let last = outlook.cases[3]
        let losses = 3 * 4 * amperes * amperes / 1000 * 0.25
        #expect(abs(last.lossesKWh - losses) < 1e-6 && abs(last.highestLoading - amperes / 150) < 1e-9 && last.mostLoaded?.name == "L1")
        #expect(outlook.cases[0].highestLoading < 1e-9 && !outlook.isFree)
        #expect(outlook.worst.count == 2)
    }

    @Test("A transformer is judged by its current and told in kilovolt-ampere at rated voltage")
    func transformer() throws {
        var feeder = Feeder()
        let high = feeder.source("MV"), low = feeder.node("LV", volts: 400)
        let windings = [(high, 20_000.0, Complex(8, 19)), (low, 400.0, Complex(0.0032, 0.0076))].map {
            Transformer.Winding(terminal: Terminal(node: $0.0), ratedVolts: $0.1, ratedVA: 400_000, impedance: $0.2)
        }
        feeder.network.transformers.append(Transformer(Identity("T1"), windings: windings))
        let forecast = try feeder.forecast([low: [440]])
        let grid = try CongestionGrid(feeder.network)
        let congestions = try GridOutlook(grid, forecast: forecast).congestions
        #expect(!congestions.isEmpty && congestions.allSatisfy { $0.kind == .transformer && $0.element.kind == .transformer })
        // On the low-voltage side: S over the voltage there, at rated voltage.
        let volts = Self.volts(load: Complex(440_000), ohms: Complex(0.0064, 0.0152), source: 400)
        #expect(congestions.contains { abs($0.value - 440 * 400 / volts) < 0.01 && abs($0.limit - 400) < 1e-9 })
        #expect(congestions[0].description.hasPrefix("transformer T1 would carry 4"))
        #expect(try grid.node("T1") == low)
        #expect(try grid.nodesBehind("T1") == [low])
        let higher = CongestionLimits(ratedAmperes: ["T1": 16])
        #expect(try GridOutlook(CongestionGrid(feeder.network, limits: higher), forecast: forecast).isFree)
    }

    @Test("N-1: a ring that carries its load from both sides does not carry it from one, and what an outage cuts off is no congestion")
    func contingency() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let b = feeder.line("L1", from: busbar, to: "B", Complex(1, 1), amperes: 100)
        feeder.line("L2", busbar, b, Complex(1, 1), amperes: 100)
        let c = feeder.line("L3", from: b, to: "C", Complex(1, 1), amperes: 100)
        let forecast = try feeder.forecast([b: [4000], c: [500]])
        let grid = try CongestionGrid(feeder.network, limits: CongestionLimits(highestLoadingAfterOutage: 1.2))
        let outlook = try GridOutlook(grid, forecast: forecast, contingencies: Contingency.single(of: feeder.network))
        #expect(Set(outlook.congestions.map { "\($0.element.name) with \($0.contingency ?? "nothing out")" })
            == ["L2 with line L1 out", "L1 with line L2 out"])
        #expect(outlook.congestions.allSatisfy { abs($0.limit - 120) < 1e-9 })
        let dead = Contingency(name: "supply out", outages: [EquipmentReference(.externalGrid, 0)])
        let notes = try GridOutlook(grid, forecast: forecast, contingencies: [dead]).notes
        #expect(notes.count == 1 && notes[0].contains("supply out") && notes[0].contains("nothing in it is supplied"))
    }

    @Test("An outage with the switching of its restoration loads the neighbouring feeder")
    func restoredOutage() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let b = feeder.line("L1", from: busbar, to: "B", Complex(1, 1), amperes: 100)
        let c = feeder.line("L2", from: busbar, to: "C", Complex(1, 1), amperes: 100)
        feeder.device("tie", b, c, isOpen: true)
        let forecast = try feeder.forecast([b: [2000], c: [2500]])
        let grid = try CongestionGrid(feeder.network)
        let plain = Contingency(name: "L1 out", outages: [EquipmentReference(.line, 0)])
        let restored = Contingency(name: "L1 out, tie closed", outages: [EquipmentReference(.line, 0)], opens: [0: false])
        #expect(try GridOutlook(grid, forecast: forecast, contingencies: [plain]).isFree)
        let congestions = try GridOutlook(grid, forecast: forecast, contingencies: [restored]).congestions
        #expect(congestions.map(\.element.name) == ["L2"] && congestions[0].description.hasSuffix("in the P50 case with L1 out, tie closed"))
    }

    @Test("What has no supply is named with the power that is missing")
    func unsupplied() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A"), dead = feeder.node("station 7")
        feeder.device("S7", busbar, dead, isOpen: true)
        let grid = try CongestionGrid(feeder.network)
        let outlook = try GridOutlook(grid, forecast: try feeder.forecast([busbar: [10, 10], dead: [80, 120.5]]))
        #expect(outlook.isFree)
        #expect(outlook.unsupplied.map(\.description)
            == ["station 7 has no closed path to an external grid: its 121 kW at most are in no power flow"])
    }

    @Test("A load beyond voltage collapse is told with the share that has a solution")
    func collapse() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let end = feeder.line("L1", from: busbar, to: "B", Complex(20, 20))
        let outlook = try GridOutlook(try CongestionGrid(feeder.network), forecast: try feeder.forecast([end: [8000]]))
        #expect(outlook.congestions.map(\.kind) == [.collapse] && !outlook.cases[0].isSolved)
        // The most that a resistive load takes over Z: E²/(2(R + |Z|)).
        let most = 400e6 / (2 * (20 + 800.0.squareRoot())) / 8e6 * 100
        #expect(abs(outlook.congestions[0].value - most) < 2)
        #expect(outlook.congestions[0].description.hasPrefix("the voltage at B would collapse: "))
    }

    @Test("A node's own voltage limits count where they are narrower than the band")
    func ownBand() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let end = feeder.line("L1", from: busbar, to: "B", Complex(4, 3))
        feeder.network.nodes[end].voltageLimits = 19_900...20_100
        let congestions = try GridOutlook(try CongestionGrid(feeder.network), forecast: try feeder.forecast([end: [1000, -1000, 100]])).congestions
        #expect(congestions.map(\.kind) == [.lowVoltage, .highVoltage] && zip(congestions, [19_900, 20_100.0]).allSatisfy { abs($0.limit - $1) < 1e-6 })
    }

    @Test("What does not fit is refused with a sentence")
    func invalid() throws {
        var feeder = Feeder()
        let busbar = feeder.source("A")
        let grid = try CongestionGrid(feeder.network)
        func sentence(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(sentence { _ = try NetLoadForecast(nodes: [], intervalCount: 0, intervalHours: 1) }.contains("0 intervals"))
        #expect(sentence { _ = try NetLoadForecast(nodes: [], intervalCount: 1, intervalHours: .nan) }.contains("nan hours"))
        #expect(sentence { _ = try NetLoadForecast(nodes: [], intervalCount: 1, intervalHours: 1, quantiles: [0.9, 0.1]) }.contains("ascending"))
        var bad = try NetLoadForecast(nodes: [busbar], intervalCount: 3, intervalHours: 1)
        bad.set(Complex(.nan, 0), node: busbar, interval: 2, quantile: 0)
        #expect(sentence { _ = try GridOutlook(grid, forecast: bad) }.contains("node 'A' has the power nan W, 0.0 var in interval 2 at P50"))
        let beyond = try NetLoadForecast(nodes: [17], intervalCount: 1, intervalHours: 1)
        #expect(sentence { _ = try GridOutlook(grid, forecast: beyond) }.contains("node 17 of a network with 1 nodes"))
        #expect(sentence { _ = try CongestionGrid(Network()) }.contains("no external grid is connected"))
        #expect(sentence { _ = try CongestionGrid(feeder.network, limits: CongestionLimits(highestLoading: -1)) }.contains("loading of -1.0"))
        #expect(sentence { _ = try grid.node("nowhere") }.contains("'nowhere' is no node"))
        let empty = try NetLoadForecast(nodes: [], intervalCount: 2, intervalHours: 1)
        #expect(try GridOutlook(grid, forecast: empty).isFree)
    }
}

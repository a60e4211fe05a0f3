import Congestion
import FlexibilityMarket
import Grid
import LiveGrid
import PluginAPI

/// The grid with its switches as they are, what its loads take by the estimate, and what they will take by the forecasts.
struct GridView {
    private var assembly: BalancedAssembly
    private let index: NetworkIndex
    private let places: MeteringPlaces
    private let limits: CongestionLimits
    private let injections: [Injection]
    private var loads: LoadEstimate
    private var reports: [Int: SwitchMessage] = [:]
    private(set) var estimated: Timestamp?
    /// Counts changes of switch positions.
    private(set) var topology = 0
    private var prepared: (topology: Int, grid: CongestionGrid)?

    /// A load or generator that follows a forecast.
    private struct Injection {
        let isLoad: Bool
        let position: Int
        let series: String
        let factor: Double
    }

    /// - Throws: ``Status/invalidConfiguration`` for an injection that the grid does not have.
    init(_ network: Network, limits: CongestionLimits, injections: [InjectionSettings]) throws(ServiceError) {
        assembly = BalancedAssembly(network)
        index = NetworkIndex(network)
        places = MeteringPlaces(network, index: index)
        loads = LoadEstimate(network)
        self.limits = limits
        var found: [Injection] = []
        for one in injections {
            switch places.place(of: one.equipment) {
            case .load(let position): found.append(Injection(isLoad: true, position: position, series: one.series, factor: one.factor))
            case .generator(let position): found.append(Injection(isLoad: false, position: position, series: one.series, factor: one.factor))
            default: throw .invalidConfiguration("config.injections: the grid has no load or generator '\(one.equipment)'")
            }
        }
        self.injections = found
    }

    var network: Network { assembly.network }
    /// Series whose forecasts count.
    var series: [String] { Set(injections.map(\.series)).sorted() }

    /// Takes the report of a switch.
    /// - Returns: whether its position is another one; nil where the grid has no such switch.
    mutating func take(_ report: SwitchMessage, of mRID: String) -> Bool? {
        guard let reference = index.equipment[NetworkIndex.normalised(mRID)], reference.kind == .switchgear else { return nil }
        let position = reference.index
        if let before = reports[position]?.time, let time = report.time, time < before { return false }
        reports[position] = report
        let isOpen = report.position == .open
        guard !report.isDoubtful, assembly.topology.isSwitchClosed(position) == isOpen else { return false }
        assembly.setSwitch(position, isOpen: isOpen)
        topology += 1
        return true
    }

    /// Takes a message of `estimates/<grid>`.
    /// - Returns: whether it tells a violation of a limit.
    mutating func takeEstimate(_ json: JSONValue, now: Timestamp) -> Bool {
        guard json["status"]?.text == "converged" else { return false }
        loads.take(json)
        estimated = json["time"]?.text.flatMap { Timestamp(text: $0) } ?? now
        return (json["violations"]?.elements ?? []).contains { $0["severity"]?.text == "error" }
    }

    /// The grid prepared for calculation; made anew after a switch operation.
    /// - Throws: ``Status/invalidState`` where nothing is supplied.
    mutating func grid() throws(ServiceError) -> CongestionGrid {
        if let prepared, prepared.topology == topology { return prepared.grid }
        do throws(CongestionError) {
            let grid = try CongestionGrid(assembly, limits: limits)
            prepared = (topology, grid)
            return grid
        } catch {
            throw .invalidState("the grid can't be calculated: \(error)")
        }
    }

    /// The node of a place: a node, busbar, load or generator by mRID or name, or a transformer's low-voltage side.
    mutating func node(_ name: String) throws(ServiceError) -> Int {
        switch places.place(of: name) {
        case .node(let node): return node
        case .load(let position): if let node = network.loads[position].terminal.connectedNode { return node }
        case .generator(let position): if let node = network.generators[position].terminal.connectedNode { return node }
        default: break
        }
        let grid = try grid()
        do throws(CongestionError) { return try grid.node(name) } catch { throw .invalidArgument("the grid model has no place '\(name)': \(error)") }
    }

    /// Nodes of places; of a line or transformer those that are supplied through it alone.
    mutating func nodes(_ names: [String]) throws(ServiceError) -> [Int] {
        var nodes: [Int] = []
        for name in names {
            if case .branchEnd(let end)? = places.place(of: name) {
                let grid = try grid()
                do throws(CongestionError) {
                    nodes += try grid.nodesBehind(network.identity(of: end.equipment).mRID)
                } catch {
                    throw .invalidArgument("'\(name)': \(error)")
                }
            } else {
                nodes.append(try node(name))
            }
        }
        return nodes
    }

    /// Whether two nodes are joined by closed switches.
    func isSameBus(_ one: Int, _ other: Int) -> Bool {
        one == other || (assembly.index.nodeOfNetworkNode[one] >= 0 && assembly.index.nodeOfNetworkNode[one] == assembly.index.nodeOfNetworkNode[other])
    }

    /// What the network takes in each period and quantile.
    ///
    /// Loads and plants that follow a forecast take it, all others what the estimate (before the first one, the model) tells them to take.
    /// - Parameters:
    ///   - added: deviations that others were promised, kW by node and period.
    ///   - underWay: deviation that goes on at a node now and that the estimate therefore contains, kW.
    func netLoad(
        _ steps: [FlexibilityRequest.Interval], quantiles: [(name: String, level: Double)], hours: Double, forecasts: ForecastBoard, added: [Int: [Double]] = [:],
        underWay: [Int: Double] = [:]
    ) throws(CongestionError) -> NetLoadForecast {
        var nodes = network.loads.compactMap(\.terminal.connectedNode) + network.generators.compactMap(\.terminal.connectedNode)
        nodes += added.keys
        nodes += underWay.keys
        var net = try NetLoadForecast(nodes: nodes, intervalCount: steps.count, intervalHours: hours, quantiles: quantiles.map(\.level))
        let followed = followed
        var measured: Set<Int> = []
        // Much net load is little generation.
        let opposites = quantiles.map { Self.name(ofQuantile: 1 - $0.level) }
        func put(_ node: Int, _ power: (_ step: Int, _ quantile: Int) -> Complex) {
            for quantile in quantiles.indices { for step in steps.indices { net.add(power(step, quantile), node: node, interval: step, quantile: quantile) } }
        }
        for (position, load) in network.loads.enumerated() {
            guard let node = load.terminal.connectedNode else { continue }
            let now = loads.powers?[position] ?? load.power ?? .zero
            if followed.loads[position] == nil, loads.powers != nil { measured.insert(node) }
            put(node) { forecast(followed.loads[position], steps[$0], quantiles[$1].name, forecasts).map { $0.scaled(like: load.power ?? now) } ?? now }
        }
        for (position, plant) in network.generators.enumerated() {
            guard let node = plant.terminal.connectedNode else { continue }
            let now = plant.power ?? .zero
            put(node) { step, quantile in
                -(forecast(followed.plants[position], steps[step], opposites[quantile], forecasts).map { $0.scaled(like: now) } ?? now)
            }
        }
        for (node, kilowatts) in added { put(node) { step, _ in Complex(kilowatts[step] * 1000, 0) } }
        for (node, kilowatts) in underWay where measured.contains(node) { put(node) { _, _ in Complex(-kilowatts * 1000, 0) } }
        return net
    }

    /// As forecasts call a quantile: `q05`.
    private static func name(ofQuantile level: Double) -> String {
        let percent = Int((level * 100).rounded())
        return percent < 10 ? "q0\(percent)" : "q\(percent)"
    }

    private var followed: (loads: [Int: Injection], plants: [Int: Injection]) {
        func table(_ isLoad: Bool) -> [Int: Injection] {
            Dictionary(injections.filter { $0.isLoad == isLoad }.map { ($0.position, $0) }, uniquingKeysWith: { first, _ in first })
        }
        return (table(true), table(false))
    }

    private func forecast(_ injection: Injection?, _ step: FlexibilityRequest.Interval, _ quantile: String, _ forecasts: ForecastBoard) -> Double? {
        guard let injection else { return nil }
        let mean = forecasts.mean(injection.series, quantile, from: step.start, to: step.end) ?? forecasts.mean(injection.series, "q50", from: step.start, to: step.end)
        return mean.map { $0 * injection.factor * 1000 }
    }
}

extension Double {
    /// This active power in watt with the power factor of another one.
    fileprivate func scaled(like model: Complex) -> Complex {
        Complex(self, model.real == 0 ? 0 : self * model.imaginary / model.real)
    }
}

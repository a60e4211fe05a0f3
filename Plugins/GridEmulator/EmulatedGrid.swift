import Grid
import LiveGrid
import PluginAPI

/// The true state of the emulated grid: its loads of the hour, its switches, and the power flow that follows.
struct EmulatedGrid {
    private(set) var assembly: BalancedAssembly
    private let index: NetworkIndex
    private let bays: Bays
    private let nominalLoads: [Complex]
    private let nominalGeneration: [Complex]
    private var loadShares: [WanderingShare]
    private var generationShares: [WanderingShare]
    private var noise: NormalNoise
    private var powerFlow: PowerFlow?
    private var state = PowerFlowState()
    private var flows = PowerFlows()

    init(_ network: Network, seed: UInt64) throws(ServiceError) {
        assembly = BalancedAssembly(network, options: AssemblyOptions(basePowerVA: 10_000_000))
        index = NetworkIndex(network)
        bays = Bays(network)
        var noise = NormalNoise(seed: seed)
        nominalLoads = network.loads.map { $0.power ?? .zero }
        nominalGeneration = network.generators.map { $0.ratedVA.map { Complex($0) } ?? $0.power ?? .zero }
        loadShares = network.loads.map { WanderingShare(DayShape(of: $0), noise: &noise) }
        generationShares = network.generators.map { WanderingShare(DayShape(of: $0), noise: &noise) }
        self.noise = noise
        try prepare()
    }

    var network: Network { assembly.network }

    private mutating func prepare() throws(ServiceError) {
        do throws(PowerFlowError) {
            powerFlow = try PowerFlow(assembly.grid)
            state = PowerFlowState()
        } catch {
            throw .invalidConfiguration("the power flow of the grid can't be computed: \(error)")
        }
    }

    /// Moves loads and generation to an hour of the day and solves the grid anew.
    /// - Returns: why there is no solution, if so; the state before then stays.
    mutating func advance(toHour hour: Double, elapsed: Double) -> String? {
        for position in nominalLoads.indices {
            let share = loadShares[position].next(hour: hour, elapsed: elapsed, noise: &noise)
            assembly.setLoad(position, power: share * nominalLoads[position])
        }
        for position in nominalGeneration.indices {
            let share = generationShares[position].next(hour: hour, elapsed: elapsed, noise: &noise)
            assembly.setGenerator(position, power: share * nominalGeneration[position])
        }
        return solve()
    }

    private mutating func solve() -> String? {
        guard let powerFlow else { return "the grid has no power flow" }
        do throws(PowerFlowError) {
            var next = state
            let report = try powerFlow.solve(assembly.injections, into: &next)
            if let failure = report.failure { return "the power flow does not converge: \(failure)" }
            state = next
            powerFlow.computeFlows(state, injections: assembly.injections, into: &flows)
            return nil
        } catch {
            return error.description
        }
    }

    /// The end of the branch behind a switch.
    func end(behindSwitch position: Int) -> EquipmentEnd? { bays.end(behindSwitch: position) }

    /// The position of a switch in the network, by its mRID.
    func switchPosition(_ mRID: String) -> Int? {
        guard let reference = index.equipment[mRID], reference.kind == .switchgear else { return nil }
        return reference.index
    }

    /// Throws a switch and solves the grid anew.
    mutating func setSwitch(_ position: Int, isOpen: Bool) throws(ServiceError) -> String? {
        assembly.setSwitch(position, isOpen: isOpen)
        try prepare()
        return solve()
    }

    /// The line-to-line voltage phasor at a node by the mRID of it or its busbar, in volt; zero where it is dead, nil where there is none.
    func voltage(at mRID: String) -> Complex? {
        guard let position = index.nodes[mRID] else { return nil }
        return voltage(atNode: position)
    }

    func voltage(atNode position: Int) -> Complex {
        let node = Int(assembly.index.nodeOfNetworkNode[position])
        guard node >= 0, node < state.voltages.count else { return .zero }
        return state.voltages[node] * assembly.index.nominalVolts[node]
    }

    /// Three-phase power in volt-ampere and current in ampere into the end of a line or transformer.
    func flow(into end: EquipmentEnd) -> (power: Complex, current: Complex) {
        guard let (branch, isFirst) = assembly.index.branch(at: end), Int(branch) < flows.branches.count else { return (.zero, .zero) }
        let flow = flows.branches[Int(branch)]
        let node = Int(isFirst ? assembly.grid.branches[Int(branch)].from : assembly.grid.branches[Int(branch)].to)
        let amperes = assembly.grid.basePowerVA / (3.0.squareRoot() * assembly.grid.nominalVolts[node])
        return ((isFirst ? flow.fromPower : flow.toPower) * assembly.grid.basePowerVA, (isFirst ? flow.fromCurrent : flow.toCurrent) * amperes)
    }

    /// Consumed three-phase power of a load in volt-ampere; zero where it is dead.
    func consumption(ofLoad position: Int) -> Complex {
        let load = network.loads[position]
        guard assembly.index.node(of: load.terminal) != nil else { return .zero }
        return load.power ?? .zero
    }

    /// Fed-in three-phase power of a generator in volt-ampere; zero where it is dead.
    func generation(of position: Int) -> Complex {
        let generator = network.generators[position]
        guard assembly.index.node(of: generator.terminal) != nil else { return .zero }
        return generator.power ?? .zero
    }
}

extension DayShape {
    /// By what the load is called: commercial ones begin with a C in the benchmark's manner, all else are households.
    init(of load: Load) { self = load.identity.name.hasPrefix("C") ? .commercial : .household }

    init(of generator: Generator) { self = generator.kind == .photovoltaic ? .photovoltaic : .wind }
}

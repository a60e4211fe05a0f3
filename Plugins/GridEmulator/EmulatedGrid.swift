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
    /// Nil for what goes by no shape.
    private var loadShares: [WanderingShare?]
    private var generationShares: [WanderingShare]
    private var noise: NormalNoise
    private var powerFlow: PowerFlow?
    private var state = PowerFlowState()
    private var flows = PowerFlows()
    private(set) var regulators: [TapRegulator] = []

    init(_ network: Network, seed: UInt64) throws(ServiceError) {
        assembly = BalancedAssembly(network, options: AssemblyOptions(basePowerVA: 10_000_000))
        index = NetworkIndex(network)
        bays = Bays(network)
        var noise = NormalNoise(seed: seed)
        nominalLoads = network.loads.map(\.nominalPower)
        nominalGeneration = network.generators.map { $0.ratedVA.map { Complex($0) } ?? $0.power ?? .zero }
        loadShares = network.loads.map { load in DayShape(of: load).map { WanderingShare($0, noise: &noise) } }
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
            guard let share = loadShares[position]?.next(hour: hour, elapsed: elapsed, noise: &noise) else { continue }
            assembly.setLoad(position, power: share * nominalLoads[position])
        }
        for position in nominalGeneration.indices {
            let share = generationShares[position].next(hour: hour, elapsed: elapsed, noise: &noise)
            assembly.setGenerator(position, power: share * nominalGeneration[position])
        }
        return solve()
    }

    /// Adds an on-load tap changer with its regulator.
    /// - Throws: ``Status/invalidConfiguration`` where the grid has not exactly one such tap changer, or no such busbar.
    mutating func add(_ regulator: EmulatorSettings.Regulator) throws(ServiceError) {
        guard let found = TapRegulator(regulator, network) else {
            throw .invalidConfiguration("the regulator of '\(regulator.tap)': the grid has not exactly one tap changer of that mRID or transformer")
        }
        guard voltage(at: regulator.at) != nil else {
            throw .invalidConfiguration("the regulator of '\(regulator.tap)' holds the voltage of '\(regulator.at)', which is no busbar or node of the grid")
        }
        regulators.append(found)
    }

    /// Lets the regulators look at their voltages after some emulated seconds, and solves the grid anew where one stepped.
    /// - Returns: the positions in `regulators` of those that stepped.
    mutating func regulate(elapsed: Double) throws(ServiceError) -> [Int] {
        var stepped: [Int] = []
        for index in regulators.indices {
            let regulator = regulators[index]
            guard let position = self.index.nodes[regulator.at] else { continue }
            let perUnit = voltage(atNode: position).magnitude / network.nodes[position].nominalVolts
            // More turns at the winding towards the source lower the voltage behind it.
            let effect = regulator.winding == 0 ? -1.0 : 1
            let tap = tapPosition(regulator)
            let step = regulators[index].step(perUnit: perUnit, position: tap, effect: effect, elapsed: elapsed)
            guard step != 0 else { continue }
            assembly.setTap(transformer: regulator.transformer, winding: regulator.winding, step: tap + step)
            stepped.append(index)
        }
        guard !stepped.isEmpty else { return [] }
        try prepare()
        if let failure = solve() { throw .unsupported(failure) }
        return stepped
    }

    func tapPosition(_ regulator: TapRegulator) -> Double {
        network.transformers[regulator.transformer].windings[regulator.winding].ratioTap?.step ?? 0
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
    /// Of a machine, by what drives it: nil for others than sun and wind, which stay at the model's power. Of a consumer, by what it is called: commercial
    /// ones begin with a C in the benchmark's manner, all else are households.
    init?(of load: Load) {
        switch load.machine?.source {
        case .photovoltaic: self = .photovoltaic
        case .wind: self = .wind
        case .other: return nil
        case nil: self = load.identity.name.hasPrefix("C") ? .commercial : .household
        }
    }

    init(of generator: Generator) { self = generator.kind == .photovoltaic ? .photovoltaic : .wind }
}

extension Load {
    /// What its shape is a share of, in volt-ampere: the model's power, or of a machine what it is rated for, with the model's power factor.
    fileprivate var nominalPower: Complex {
        let told = power ?? .zero
        guard let machine, machine.source != .other, let rated = machine.ratedWatts else { return told }
        return told.real == 0 ? Complex(-rated) : (rated / abs(told.real)) * told
    }
}

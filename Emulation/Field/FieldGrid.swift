import Grid
import LiveGrid

/// The grid of a site as it is: loads, generators, switches, and the power flow that follows.
struct FieldGrid {
    private var assembly: BalancedAssembly
    private let index: NetworkIndex
    private let bays: Bays
    private var powerFlow: PowerFlow?
    private var state = PowerFlowState()
    private var flows = PowerFlows()
    /// Why the last power flow failed; nil if it did not.
    private(set) var failure: String?

    /// - Throws: ``EmulationError`` where nothing can be calculated with it.
    init(paths: [String]) throws(EmulationError) {
        let read = CIMReader().read(paths: paths)
        guard !read.network.nodes.isEmpty, !read.network.externalGrids.isEmpty else {
            let reason = read.problems.first { $0.severity > .note }.map { ": \($0)" } ?? ""
            throw EmulationError("no grid with an external grid comes of \(paths.joined(separator: ", "))\(reason)")
        }
        assembly = BalancedAssembly(read.network, options: AssemblyOptions(basePowerVA: 1_000_000))
        index = NetworkIndex(read.network)
        bays = Bays(read.network)
        prepare()
        solve()
        if let failure { throw EmulationError("the power flow of the grid has no solution at first: \(failure)") }
    }

    private mutating func prepare() {
        do throws(PowerFlowError) {
            powerFlow = try PowerFlow(assembly.grid)
            state = PowerFlowState()
        } catch { failure = error.description }
    }

    /// Solves the grid for what was set; the last solution stays where there is none.
    mutating func solve() {
        guard let powerFlow else { return }
        do throws(PowerFlowError) {
            var next = state
            let report = try powerFlow.solve(assembly.injections, into: &next)
            failure = report.failure.map { "\($0)" }
            guard failure == nil else { return }
            state = next
            powerFlow.computeFlows(state, injections: assembly.injections, into: &flows)
        } catch { failure = error.description }
    }

    /// The position of a load or generator, bay or busbar by its mRID; nil where the grid has none.
    func load(_ mRID: String) -> Int? { position(mRID, .load) }
    /// A generator, or a machine that the model counts among the loads (CIM: `AsynchronousMachine`).
    func plant(_ mRID: String) -> EquipmentReference? {
        index.equipment[mRID].flatMap { $0.kind == .generator || $0.kind == .load ? $0 : nil }
    }
    func switchgear(_ mRID: String) -> Int? { position(mRID, .switchgear) }
    func busbar(_ mRID: String) -> Int? { index.nodes[mRID] }
    func bay(_ mRID: String) -> EquipmentEnd? { switchgear(mRID).flatMap { bays.end(behindSwitch: $0) } }

    private func position(_ mRID: String, _ kind: EquipmentReference.Kind) -> Int? {
        index.equipment[mRID].flatMap { $0.kind == kind ? $0.index : nil }
    }

    /// The node that a load hangs at.
    func node(ofLoad position: Int) -> Int? { assembly.network.loads[position].terminal.connectedNode }

    /// The nominal power factor of a load by the model: reactive per active power.
    func reactiveShare(ofLoad position: Int) -> Double {
        guard let power = assembly.network.loads[position].power, abs(power.real) > 1e-9 else { return 0 }
        return power.imaginary / power.real
    }

    mutating func setLoad(_ position: Int, watts: Double, vars: Double) { assembly.setLoad(position, power: Complex(watts, vars)) }
    /// Fed in.
    mutating func setPlant(_ plant: EquipmentReference, watts: Double) {
        if plant.kind == .generator {
            assembly.setGenerator(plant.index, power: Complex(watts, 0))
        } else {
            assembly.setLoad(plant.index, power: Complex(-watts, 0))
        }
    }

    func isOpen(_ position: Int) -> Bool { assembly.network.switches[position].isOpen }

    mutating func setSwitch(_ position: Int, isOpen: Bool) {
        assembly.setSwitch(position, isOpen: isOpen)
        prepare()
        solve()
    }

    /// Line-to-line phasor in volt; zero where it is dead.
    func voltage(atNode position: Int) -> Complex {
        let node = Int(assembly.index.nodeOfNetworkNode[position])
        guard node >= 0, node < state.voltages.count else { return .zero }
        return state.voltages[node] * assembly.index.nominalVolts[node]
    }

    /// Three-phase power in volt-ampere and current in ampere into the branch behind a bay's switch; zero where it is open.
    func flow(intoBay mRID: String) -> (power: Complex, current: Complex) {
        guard let position = switchgear(mRID), assembly.topology.isSwitchClosed(position), let end = bays.end(behindSwitch: position),
            let (branch, isFirst) = assembly.index.branch(at: end), Int(branch) < flows.branches.count
        else { return (.zero, .zero) }
        let flow = flows.branches[Int(branch)], origin = assembly.grid.branches[Int(branch)]
        let node = Int(isFirst ? origin.from : origin.to)
        let amperes = assembly.grid.basePowerVA / (3.0.squareRoot() * assembly.grid.nominalVolts[node])
        return ((isFirst ? flow.fromPower : flow.toPower) * assembly.grid.basePowerVA, (isFirst ? flow.fromCurrent : flow.toCurrent) * amperes)
    }
}

/// Why a site can't be emulated.
struct EmulationError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

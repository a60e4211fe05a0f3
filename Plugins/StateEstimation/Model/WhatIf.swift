import Grid
import LiveGrid
import PluginAPI

/// A power flow of the estimated grid with something else: other switch positions, other loads.
struct WhatIf {
    private let switches: [(mRID: String, isOpen: Bool)]
    private let loads: [(mRID: String, power: Complex)]
    let scale: Double

    /// Reads `{"switches": {"<mRID>": "open"}, "loads": {"<mRID>": {"p": watt, "q": var}}, "scale": 1.2}`; every member may be left out.
    /// - Throws: ``Status/invalidArgument`` with a sentence.
    init(_ body: UnsafeRawBufferPointer) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(body) } catch { throw .invalidArgument("the body is not JSON, \(error)") }
        guard let members = root.members else { throw .invalidArgument("the body is \(root.kind), expected an object") }
        if let unknown = members.first(where: { !["switches", "loads", "scale"].contains($0.key) }) {
            throw .invalidArgument("the body has the unknown key '\(unknown.key)', expected switches, loads or scale")
        }
        var switches: [(String, Bool)] = []
        for (mRID, value) in root["switches"]?.members ?? [] {
            guard let position = value.text, position == "open" || position == "closed" else {
                throw .invalidArgument("switches.\(mRID) is \(value.kind), expected \"open\" or \"closed\"")
            }
            switches.append((mRID, position == "open"))
        }
        var loads: [(String, Complex)] = []
        for (mRID, value) in root["loads"]?.members ?? [] {
            guard let active = value["p"]?.number, let reactive = value["q"]?.number else {
                throw .invalidArgument("loads.\(mRID) needs p and q, the consumed power in watt and var")
            }
            loads.append((mRID, Complex(active, reactive)))
        }
        self.switches = switches
        self.loads = loads
        scale = root["scale"]?.number ?? 1
        guard (0...1_000).contains(scale) else { throw .invalidArgument("scale is \(scale), expected 0 … 1000") }
    }

    /// Solves the power flow; what is estimated of each node stays what it feeds in or draws.
    /// - Throws: ``Status/invalidArgument`` for what the grid does not have, ``Status/unsupported`` where there is no solution.
    func solve(_ followed: FollowedGrid, _ estimate: GridState?, settings: EstimationSettings, now: Timestamp) throws(ServiceError) -> (FollowedGrid, GridState) {
        var grid = followed
        if let threePhase = grid.threePhase { scalePhases(&grid, threePhase, estimate) } else { scaleLoads(&grid, estimate) }
        for (mRID, isOpen) in switches {
            guard try grid.take(SwitchMessage(isOpen ? .open : .closed), of: mRID, now: now) != nil else {
                throw .invalidArgument("the grid has no switch '\(mRID)'")
            }
        }
        for (mRID, power) in loads { try grid.setLoad(mRID, power: power) }
        let (voltages, iterations) = try Self.voltages(of: grid)
        var state = GridState(time: now, status: .whatIf, detail: "a power flow, not an estimate")
        state.iterations = iterations
        StateBuilder(grid: grid, settings: settings, voltages: voltages).fill(&state)
        return (grid, state)
    }

    private static func voltages(of grid: FollowedGrid) throws(ServiceError) -> ([Complex], iterations: Int) {
        var voltages = PowerFlowState()
        do throws(PowerFlowError) {
            if let threePhase = grid.threePhase {
                let flow = try UnbalancedPowerFlow(threePhase.grid, connections: threePhase.injections.connections)
                let report = try flow.solve(threePhase.injections.powers, into: &voltages)
                if report.failure == nil { return (voltages.voltages, report.iterations) }
            } else {
                let report = try PowerFlow(grid.assembly.grid).solve(grid.assembly.injections, into: &voltages)
                if report.failure == nil { return (voltages.voltages, report.iterations) }
            }
        } catch {
            throw .unsupported("the power flow can't be computed: \(error)")
        }
        throw .unsupported("the power flow does not converge: the grid can't carry these loads")
    }

    /// Loads take the share of the estimated injection of their node that they have in the model.
    private func scaleLoads(_ grid: inout FollowedGrid, _ state: GridState?) {
        let terms = InjectionTerms.all(grid)
        var estimated: [Int: Complex] = [:]
        for (drawn, node) in zip(grid.drawn.nodes, state?.nodes ?? []) {
            if let position = grid.node(drawn.node), node.power.isFinite { estimated[position] = node.power }
        }
        for (node, here) in terms.enumerated() where !here.loads.isEmpty {
            let generation = here.generators.reduce(Complex.zero) { $0 + (grid.network.generators[$1].power ?? .zero) }
            let model = here.loads.reduce(Complex.zero) { $0 + (grid.network.loads[$1].power ?? .zero) }
            let drawn = here.hasExternalGrid ? nil : estimated[node].map { generation - $0 }
            for load in here.loads {
                let own = grid.network.loads[load].power ?? .zero
                let share = model.magnitude > 0 ? own.magnitude / model.magnitude : 1 / Double(here.loads.count)
                grid.setLoad(load, power: scale * (drawn.map { share * $0 } ?? own))
            }
        }
    }
}

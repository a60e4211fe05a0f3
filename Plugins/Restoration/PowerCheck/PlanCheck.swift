internal import Grid

/// What the grid looks like after a step, by a power flow of its own.
public struct StepCheck: Hashable, Sendable {
    /// Lowest voltage, per unit, and where it is.
    public var lowestVoltage: Double
    /// The busbar or node of the lowest voltage.
    public var lowestVoltageNode: String
    /// Per unit.
    public var highestVoltage: Double
    /// Highest loading: current over what is allowed, and of which line or transformer.
    public var highestLoading: Double
    /// The line or transformer of the highest loading; empty where none has a rating.
    public var highestLoadingBranch: String
    /// Of all that has voltage, in watt.
    public var lossesWatts: Double
    /// Power of the customers that have voltage.
    public var energisedWatts: Double
    /// Whether no loop is closed and no two sources are in parallel.
    public var isRadial: Bool
    /// Whether the faulted area has no voltage.
    public var isFaultDead: Bool
    /// What is not as it has to be, a sentence each.
    public var violations: [String]

    /// Whether no rule is broken.
    public var isAllowed: Bool { violations.isEmpty }
}

/// Checks a configuration with the power flow of `Grid`, node by node and line by line.
public struct PlanCheck: Sendable {
    let model: SwitchingModel
    let demand: Demand
    let limits: ModelLimits
    let dead: [Bool]
    let allowsParallel: Bool

    /// - Parameters:
    ///   - deadSections: by section, what must not get voltage.
    ///   - allowsParallel: whether loops and sources in parallel are allowed.
    public init(_ model: SwitchingModel, demand: Demand, limits: OperatingLimits, deadSections: [Bool], allowsParallel: Bool = false) {
        self.model = model
        self.demand = demand
        self.limits = ModelLimits(model, limits)
        dead = deadSections
        self.allowsParallel = allowsParallel
    }

    /// The grid with the switches in these positions, true for closed.
    public func check(_ isClosed: [Bool]) -> StepCheck {
        let energised = model.energisedSections(isClosed)
        var check = StepCheck(
            lowestVoltage: .infinity, lowestVoltageNode: "", highestVoltage: 0, highestLoading: 0, highestLoadingBranch: "", lossesWatts: 0,
            energisedWatts: 0, isRadial: true, isFaultDead: true, violations: [])
        for section in energised.indices where energised[section] {
            check.energisedWatts += demand.sectionWatts[section]
            if dead[section] {
                check.isFaultDead = false
                check.violations.append("\(model.describe(section: section)) would get voltage, and must not")
            }
        }
        let merged = MergedGrid(model, isClosed, energised)
        check.isRadial = merged.isRadial
        if !merged.isRadial, !allowsParallel { check.violations.append("a loop would be closed, or two sources be in parallel") }
        solve(merged, &check)
        if check.lowestVoltage == .infinity { check.lowestVoltage = 0 }
        return check
    }

    private func solve(_ merged: MergedGrid, _ check: inout StepCheck) {
        guard merged.grid.nodeCount > 0 else { return }
        let injections = merged.injections(demand)
        do throws(PowerFlowError) {
            let powerFlow = try PowerFlow(merged.grid, options: PowerFlowOptions(tolerance: 1e-10))
            var state = PowerFlowState()
            let report = try powerFlow.solve(injections, into: &state)
            guard report.converged else {
                check.violations.append(report.failure?.description ?? "the power flow did not converge")
                return
            }
            let flows = powerFlow.flows(state, injections: injections)
            judgeVoltages(merged, state, &check)
            judgeFlows(merged, flows, &check)
        } catch {
            check.violations.append(error.description)
        }
    }

    private func judgeVoltages(_ merged: MergedGrid, _ state: PowerFlowState, _ check: inout StepCheck) {
        for (node, place) in merged.placeOfNode.enumerated() where place >= 0 && limits.lowest[node] > 0 {
            let magnitude = state.voltages[Int(place)].magnitude
            if magnitude < check.lowestVoltage {
                check.lowestVoltage = magnitude
                check.lowestVoltageNode = model.index.nodeNames[node]
            }
            check.highestVoltage = max(check.highestVoltage, magnitude)
            if magnitude < limits.lowest[node] - Self.slack || magnitude > limits.highest[node] + Self.slack {
                check.violations.append(
                    "\(model.index.nodeNames[node]) would have \(Self.text(magnitude)) of its nominal voltage, allowed are "
                        + "\(Self.text(limits.lowest[node])) to \(Self.text(limits.highest[node]))")
            }
        }
    }

    private func judgeFlows(_ merged: MergedGrid, _ flows: PowerFlows, _ check: inout StepCheck) {
        check.lossesWatts = flows.losses.real * model.grid.basePowerVA
        for (flow, branch) in zip(flows.branches, merged.branches) {
            let rating = limits.ratings[Int(branch)]
            let loading = max(flow.fromCurrent.magnitude / rating.from, flow.toCurrent.magnitude / rating.to)
            guard loading > check.highestLoading || loading > 1 else { continue }
            let name = model.network.identity(of: model.index.branchOrigins[Int(branch)].equipment).name
            if loading > check.highestLoading { (check.highestLoading, check.highestLoadingBranch) = (loading, name) }
            if loading > 1 + Self.slack { check.violations.append("\(name) would carry \(Self.text(loading * 100)) % of what it may") }
        }
        for (source, power) in zip(merged.sources, flows.sources) where power.magnitude > limits.sourceCapacities[source] * (1 + Self.slack) {
            check.violations.append("an external grid would give \(Self.text(power.magnitude)) of \(Self.text(limits.sourceCapacities[source])) per unit")
        }
    }

    /// What two solutions of the same equations may differ by.
    private static let slack = 1e-7

    private static func text(_ value: Double) -> String {
        let thousandths = (value * 1000).rounded()
        return "\(thousandths / 1000)"
    }
}

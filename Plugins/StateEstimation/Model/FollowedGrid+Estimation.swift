import Estimation
import Grid
import LiveGrid

extension FollowedGrid {
    /// What is measured and supposed, in the calculation that is followed.
    func draft(_ participants: Participants, _ settings: EstimationSettings, onlyPhasors: Bool) -> EstimationCase.Draft {
        if let threePhase {
            return EstimationCase.PhaseMeasurements(self, threePhase, participants, onlyPhasors: onlyPhasors).draft
        }
        return EstimationCase.SequenceMeasurements(self, participants, onlyPhasors: onlyPhasors).draft
    }

    /// - Throws: ``EstimationError`` where the grid has nothing to be estimated.
    func model(_ draft: EstimationCase.Draft) throws(EstimationError) -> EstimationModel {
        if let threePhase {
            return try EstimationModel(grid: threePhase.grid, measurements: draft.measurements, zeroInjections: draft.zeroInjections)
        }
        return try EstimationModel(grid: assembly.grid, measurements: draft.measurements, zeroInjections: draft.zeroInjections)
    }

    /// The estimator of synchronised phasors and zero injections, whose optimum is one solve; nil where they do not determine all of the
    /// grid, or where something else measures too. What is supposed of loads would add next to nothing, and is left out.
    /// - Throws: ``EstimationError`` where the grid has nothing to be estimated.
    func phasorsAlone(_ participants: Participants, _ settings: EstimationSettings) throws(EstimationError) -> (Estimator, [EstimationCase.Origin])? {
        guard participants.areAllPhasors else { return nil }
        var draft = draft(participants, settings, onlyPhasors: true)
        for index in draft.measurements.indices { draft.measurements[index].sigma = 0.01 }
        let estimator = Estimator(try model(draft))
        guard !draft.measurements.isEmpty, estimator.observability().isObservable else { return nil }
        return (estimator, draft.origins)
    }

    /// The node of the network at which a place's voltage is.
    func networkNode(at place: MeteringPlace) -> Int? {
        switch place {
        case .node(let node): node
        case .branchEnd(let end): network.terminals(of: end.equipment)[end.end].node
        case .load(let load): network.loads[load].terminal.node
        case .generator(let generator): network.generators[generator].terminal.node
        case .externalGrid(let external): network.externalGrids[external].terminal.node
        }
    }

    /// The admittances of transformers with tap changers, as they are now, in an estimator of this grid.
    func applyRatios(to estimator: Estimator) {
        for position in Set(taps.changers.map(\.transformer)).sorted() {
            let equipment = EquipmentReference(.transformer, position)
            if let threePhase {
                for element in threePhase.index.branches(of: equipment) {
                    estimator.setAdmittance(threePhase.grid.elements[Int(element)].admittance, ofBranch: Int(element))
                }
            } else {
                for branch in assembly.index.branches(of: equipment) {
                    let port = assembly.grid.branches[Int(branch)]
                    estimator.setAdmittance([port.yff, port.yft, port.ytf, port.ytt], ofBranch: Int(branch))
                }
            }
        }
    }

    /// What people call a node of the estimator's model: the busbar, with its phase.
    func nodeName(_ node: Int32) -> String {
        guard let threePhase else { return assembly.index.nodeNames[Int(node)] }
        let name = threePhase.index.nodeNames[Int(threePhase.grid.nodes[Int(node)])]
        return "\(name) \(Phase(rawValue: threePhase.grid.phases[Int(node)])?.name ?? "")"
    }
}

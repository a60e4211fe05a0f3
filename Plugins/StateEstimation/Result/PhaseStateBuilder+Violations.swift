import Grid

extension PhaseStateBuilder {
    /// Voltages of phases and unbalance after EN 50160, loadings after the ratings.
    func violations(_ state: inout GridState) -> [GridState.Violation] {
        var violations: [GridState.Violation] = []
        for index in state.nodes.indices { addVoltages(grid.drawn.nodes[index], &state.nodes[index], &violations) }
        for (drawn, branch) in zip(grid.drawn.branches, state.branches) {
            guard let worst = branch.phases.max(by: { $0.loadingPercent ?? 0 < $1.loadingPercent ?? 0 }), let loading = worst.loadingPercent,
                loading > settings.limits.warningLoading
            else { continue }
            let isOver = loading > settings.limits.loading
            let sentence =
                "\(drawn.identity.name) carries \(rounded(worst.amperes, 1)) A in phase \(worst.name), \(rounded(loading, 0)) % of its rating"
                + (isOver ? "" : " (told from \(rounded(settings.limits.warningLoading, 0)) %)")
            violations.append(GridState.Violation(severity: isOver ? .error : .warning, mRID: drawn.identity.mRID, sentence: sentence))
        }
        return violations
    }

    private func addVoltages(_ drawn: DrawnGrid.Node, _ node: inout GridState.Node, _ violations: inout [GridState.Violation]) {
        let band = settings.limits.voltageBand
        for index in node.phases.indices where node.phases[index].perUnit.isFinite {
            let phase = node.phases[index]
            guard !band.contains(phase.perUnit) else { continue }
            let isLow = phase.perUnit < band.lowerBound
            node.phases[index].violation = isLow ? "low" : "high"
            if phase.name == node.shownPhase { node.violation = isLow ? "low" : "high" }
            let doubt = phase.sigmaVolts.isFinite ? " ± \(rounded(phase.sigmaVolts / 1_000, 3))" : ""
            violations.append(
                GridState.Violation(
                    severity: .error, mRID: drawn.identity.mRID,
                    sentence: "\(drawn.identity.name) has \(rounded(phase.volts / 1_000, 3))\(doubt) kV to ground in phase \(phase.name), "
                        + "\(rounded(phase.perUnit, 3)) pu, \(isLow ? "below \(band.lowerBound)" : "above \(band.upperBound)")"))
        }
        guard let unbalance = node.unbalancePercent, unbalance > settings.limits.unbalance else { return }
        if node.violation == nil { node.violation = "unbalance" }
        violations.append(
            GridState.Violation(
                severity: .error, mRID: drawn.identity.mRID,
                sentence: "\(drawn.identity.name) has a voltage unbalance of \(rounded(unbalance, 2)) %, above "
                    + "\(settings.limits.unbalance) % (EN 50160: negative of the positive sequence)"))
    }
}

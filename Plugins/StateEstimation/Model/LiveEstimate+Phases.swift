import Estimation
import Grid

extension LiveEstimate {
    /// What is wrong with a measurement, with the phases by their names.
    func sentence(of suspicion: Suspicion, for measurement: Int, _ grid: FollowedGrid) -> String {
        guard case .phaseSwap(let other) = suspicion, let threePhase = grid.threePhase, let current,
            let phase = current.phase(ofMeasurement: measurement), let partner = Phase(rawValue: threePhase.grid.phases[Int(other)])
        else { return suspicion.sentence }
        return "the phases \(min(phase.name, partner.name)) and \(max(phase.name, partner.name)) of the meter are interchanged"
    }

    /// Puts the voltages that devices measure beside the estimated ones, phase by phase, and those of the shown phase beside the node's.
    func addMeasuredPhases(_ next: inout GridState, _ grid: FollowedGrid, _ board: ChannelBoard, _ now: Double, _ estimate: Estimate) {
        guard let current, let threePhase = grid.threePhase else { return }
        var best: [Int: (volts: Double, sigma: Double, residual: Double?)] = [:]
        for (index, origin) in current.origins.enumerated() {
            guard case .node(let conductor) = current.estimator.model.measurements[index].place,
                let (channel, phase) = origin.voltageMagnitude(board), estimate.residuals.indices.contains(index),
                let value = board.value(of: channel, phase: phase, share: 1, now: now),
                value.sigma < best[Int(conductor)]?.sigma ?? .infinity
            else { continue }
            let residual = estimate.normalizedResiduals[index]
            best[Int(conductor)] = (value.value, value.sigma, residual.isFinite ? residual : nil)
        }
        for (position, drawn) in grid.drawn.nodes.enumerated() {
            for (conductor, phase) in threePhase.conductors(atNode: drawn.node) {
                guard let measured = best[conductor],
                    let place = next.nodes[position].phases.firstIndex(where: { $0.name == phase.name })
                else { continue }
                next.nodes[position].phases[place].measuredVolts = measured.volts
                next.nodes[position].phases[place].residual = measured.residual
                guard phase.name == next.nodes[position].shownPhase else { continue }
                next.nodes[position].measuredVolts = measured.volts * 3.0.squareRoot()
                next.nodes[position].residual = measured.residual
            }
        }
    }
}

extension EstimationCase {
    /// The phase of a measurement; nil for the positive sequence and for what the model says of sources.
    func phase(ofMeasurement index: Int) -> ChannelPhase? {
        let phase: ChannelPhase =
            switch origins[index] {
            case .channel(_, let phase, _), .angle(_, let phase): phase
            case .phasor(let channels): channels.phase
            case .injection(let terms, _): terms.phase
            case .sourceVoltage: .all
            }
        return phase == .all ? nil : phase
    }
}

extension EstimationCase.Origin {
    /// The channel of a voltage's magnitude that a measurement comes from.
    fileprivate func voltageMagnitude(_ board: ChannelBoard) -> (channel: Int, phase: ChannelPhase)? {
        switch self {
        case .channel(let channel, let phase, _) where board.channels[channel].kind == .voltageMagnitude: (channel, phase)
        case .phasor(let channels) where !channels.isImaginary && board.channels[channels.magnitude].kind == .voltageMagnitude:
            (channels.magnitude, channels.phase)
        default: nil
        }
    }
}

extension ChannelPhase {
    /// `, phase B` behind a name; nothing for all together.
    var suffix: String { self == .all ? "" : ", phase \(name)" }
}

/// What a tap changer knows of its last steps, and how it chooses the next.
struct TapRest {
    /// Magnitude of the controlled node before the last step, and the step.
    private var magnitudeBefore = 0.0
    private var lastStep = 0
    /// It rests between two positions of which neither is within the dead-band.
    private(set) var isNearest = false

    /// The next step: none within the dead-band. The first is a single one and shows which way and how far a step moves the voltage;
    /// the next ones go to the last position before the target, so that the band is entered from the side where the voltage is, as
    /// OpenDSS' `RegControl` does it.
    ///
    /// - Parameter effect: what a step up is expected to change in the magnitude, as long as none was seen.
    mutating func step(
        magnitude: Double, target: Double, deadBand: Double, effect expected: Double, position: Int, range: ClosedRange<Int>
    ) -> Int {
        let error = target - magnitude
        guard !isNearest, abs(error) > deadBand / 2 else { return 0 }
        var effect = expected
        if lastStep != 0 {
            let (before, seen) = (target - magnitudeBefore, (magnitude - magnitudeBefore) / Double(lastStep))
            if abs(seen) > 1e-9 { effect = seen }
            if before * error < 0 && abs(lastStep) == 1 {
                isNearest = true
                return abs(error) <= abs(before) ? 0 : -lastStep
            }
        }
        let wanted = max(-1000, min(1000, error / effect))
        let whole = abs(wanted) < 1 ? (wanted > 0 ? 1 : -1) : Int(wanted.rounded(.towardZero))
        let step = min(max(position + (lastStep == 0 ? whole.signum() : whole), range.lowerBound), range.upperBound) - position
        (magnitudeBefore, lastStep) = (magnitude, step)
        return step
    }
}

extension PowerFlow {
    /// Moves every tap changer whose node is outside its dead-band.
    ///
    /// - Returns: whether one moved.
    func moveTaps(_ rests: inout [TapRest], state: PowerFlowState) throws(PowerFlowError) -> Bool {
        var moved = false
        for (index, regulator) in regulators.enumerated() {
            let step = rests[index].step(
                magnitude: state.voltages[Int(regulator.controlledNode)].magnitude, target: regulator.target, deadBand: regulator.deadBand,
                effect: regulator.expectedEffect(of: grid), position: regulator.position,
                range: regulator.minimumPosition...regulator.maximumPosition)
            guard step != 0 else { continue }
            regulators[index].position += step
            admittance.move(regulators[index], of: grid)
            moved = true
        }
        if moved { try admittanceChanged() }
        return moved
    }
}

extension TapRegulator {
    /// The change of the controlled magnitude by one step up, as far as the side tells it: a greater ratio at the from side lowers the voltage
    /// at the to side.
    func expectedEffect(of grid: BalancedGrid) -> Double {
        controlledNode == grid.branches[Int(branch)].from ? stepRatio : -stepRatio
    }
}

extension NodalAdmittance {
    /// Gives a regulated branch the ratio of its position.
    mutating func move(_ regulator: TapRegulator, of grid: BalancedGrid) {
        let index = Int(regulator.branch)
        replace(index, by: grid.branches[index].withRatio(times: 1 + Double(regulator.position) * regulator.stepRatio))
    }
}

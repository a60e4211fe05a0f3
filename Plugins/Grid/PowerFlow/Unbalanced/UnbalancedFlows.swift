/// What flows into one element of an unbalanced grid at each of its terminals, per unit.
public struct ElementFlow: Hashable, Sendable {
    public var currents: [Complex]
    /// With the voltages to ground.
    public var powers: [Complex]

    /// What the element takes.
    public var loss: Complex { powers.reduce(.zero, +) }
}

extension UnbalancedPowerFlow {
    /// The flows that belong to the voltages of a state, in the order of the grid's elements, with the taps as they stand.
    public func flows(_ state: PowerFlowState) -> [ElementFlow] {
        elements.map { element in
            let currents = element.terminals.indices.map { current(into: element, at: $0, state) }
            let powers = zip(element.terminals, currents).map { state.voltages[Int($0)] * $1.conjugate }
            return ElementFlow(currents: currents, powers: powers)
        }
    }

    /// What each source gives into the grid beyond what is connected to its conductor, in the order of the grid's sources.
    public func sourcePowers(_ state: PowerFlowState) -> [Complex] {
        var currents = [Complex](repeating: .zero, count: grid.conductorCount)
        for element in elements {
            for (terminal, conductor) in element.terminals.enumerated() { currents[Int(conductor)] += current(into: element, at: terminal, state) }
        }
        return grid.sources.map { state.voltages[Int($0.conductor)] * currents[Int($0.conductor)].conjugate }
    }

    func current(into element: UnbalancedGrid.Element, at terminal: Int, _ state: PowerFlowState) -> Complex {
        let size = element.terminals.count
        return (0..<size).reduce(.zero) { $0 + element.admittance[terminal * size + $1] * state.voltages[Int(element.terminals[$1])] }
    }
}

import Grid

extension GridState {
    /// What is known of one phase of a node: voltages to ground, single-phase powers.
    struct NodePhase {
        let name: String
        var volts = Double.nan
        var perUnit = Double.nan
        /// Against phase A of the source.
        var angleRadians = Double.nan
        var sigmaVolts = Double.nan
        var source = Source.notEstimable
        var measuredVolts: Double?
        var residual: Double?
        /// Fed in, watt and var.
        var power = Complex(.nan, .nan)
        var violation: String?
    }

    /// What flows in one phase of a branch. A transformer's ends may have other phases each.
    struct BranchPhase {
        let name: String
        /// The larger of both ends.
        var amperes = Double.nan
        var loadingPercent: Double?
        /// Not a number at an end that does not have the phase.
        var fromPower = Complex(.nan, .nan)
        var toPower = Complex(.nan, .nan)
        var fromAmperes = Double.nan
    }
}

/// Currents and powers that follow from the voltages of a grid's conductors, per unit.
struct PhaseFlows {
    /// Into each element at each of its terminals.
    private(set) var currents: [[Complex]] = []
    private(set) var powers: [[Complex]] = []
    /// What loads, generators and the grid beyond feed into each conductor.
    private(set) var injections: [Complex]
    private(set) var losses = Complex.zero

    /// - Parameter isKnown: by conductor; what touches an unknown voltage is not a number. Nil: all are known.
    init(_ assembly: UnbalancedAssembly, voltages: [Complex], isKnown: [Bool]? = nil) {
        let unknown = Complex(.nan, .nan)
        let voltages = isKnown.map { known in zip(voltages, known).map { $1 ? $0 : unknown } } ?? voltages
        injections = Array(repeating: .zero, count: voltages.count)
        for (element, origin) in zip(assembly.grid.elements, assembly.index.branchOrigins) {
            let size = element.terminals.count
            let here = element.terminals.map { voltages[Int($0)] }
            let currents = (0..<size).map { row in (0..<size).reduce(Complex.zero) { $0 + element.admittance[row * size + $1] * here[$1] } }
            let powers = zip(here, currents).map { $0 * $1.conjugate }
            self.currents.append(currents)
            self.powers.append(powers)
            // What comes out of an external grid's impedance is what it feeds in.
            guard origin.equipment.kind != .externalGrid else { continue }
            for (conductor, power) in zip(element.terminals, powers) { injections[Int(conductor)] += power }
            losses += powers.reduce(.zero, +)
        }
    }
}

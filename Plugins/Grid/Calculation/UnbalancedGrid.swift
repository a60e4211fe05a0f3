/// A grid as the three-phase calculations see it: one node per energised phase conductor, neutral reduced, closed switches merged.
///
/// Conductors are numbered 0 ..< `conductorCount`, those of one node side by side in the order A, B, C. Per unit is on `basePowerVA`
/// (one phase) and on each conductor's nominal line-to-ground voltage.
public struct UnbalancedGrid: Sendable {
    /// Single-phase base power in volt-ampere.
    public var basePowerVA: Double
    /// Nominal line-to-ground voltage of each conductor in volt.
    public var nominalVolts: [Double]
    /// Angle of each conductor in radian when nothing is loaded, -2π/3 for phase B behind no phase shift.
    public var nominalAngles: [Double]
    /// The node of each conductor.
    public var nodes: [Int32]
    /// The phase of each conductor: 0 A, 1 B, 2 C; 3 and 4 for the legs s1 and s2 of a split-phase service.
    public var phases: [UInt8]
    public var elements: [Element]
    /// Conductors whose voltage phasor is given.
    public var sources: [Source]

    public var conductorCount: Int { nominalVolts.count }

    /// Whatever joins conductors: a line of n phases has 2n terminals, a capacitor bank in star n.
    ///
    /// The currents into the element are `Y·V`, with V the voltages to ground of `terminals`.
    public struct Element: Hashable, Sendable {
        /// Conductors, those of one end side by side.
        public var terminals: [Int32]
        /// Terminals of the first end; the others belong to the second. Equal to `terminals.count` for a shunt.
        public var firstEndCount: Int
        /// The nodal admittance matrix, per unit, row by row, `terminals.count` squared.
        public var admittance: [Complex]

        public init(terminals: [Int32], firstEndCount: Int, admittance: [Complex]) {
            self.terminals = terminals
            self.firstEndCount = firstEndCount
            self.admittance = admittance
        }
    }

    /// A conductor that holds its voltage.
    public struct Source: Hashable, Sendable {
        public var conductor: Int32
        /// Per unit.
        public var voltage: Complex

        public init(conductor: Int32, voltage: Complex) {
            self.conductor = conductor
            self.voltage = voltage
        }
    }

    public init(
        basePowerVA: Double, nominalVolts: [Double], nominalAngles: [Double], nodes: [Int32], phases: [UInt8], elements: [Element],
        sources: [Source]
    ) {
        self.basePowerVA = basePowerVA
        self.nominalVolts = nominalVolts
        self.nominalAngles = nominalAngles
        self.nodes = nodes
        self.phases = phases
        self.elements = elements
        self.sources = sources
    }
}

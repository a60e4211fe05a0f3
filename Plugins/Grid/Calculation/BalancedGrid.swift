/// A grid as the positive-sequence calculations see it: per unit, closed switches merged, what is not energised left out.
///
/// Nodes are numbered 0 ..< `nodeCount`. Per unit is on `basePowerVA` (three-phase) and on each node's nominal line-to-line voltage.
/// Powers and currents are positive into the grid at a node (generation), and positive into a branch at its end.
public struct BalancedGrid: Sendable {
    /// Three-phase base power in volt-ampere.
    public var basePowerVA: Double
    /// Nominal line-to-line voltage of each node in volt.
    public var nominalVolts: [Double]
    /// Angle of each node in radian when nothing is loaded: the sum of the transformers' phase shifts from the source. Calculations that
    /// start flat start here.
    public var nominalAngles: [Double]
    public var branches: [Branch]
    /// Admittance to ground of each node: capacitors, reactors; per unit.
    public var shunts: [Complex]
    /// Nodes whose voltage phasor is given. Each island has at least one.
    public var sources: [Source]

    public var nodeCount: Int { nominalVolts.count }

    /// A line, a transformer or any other two-port: `I_from = yff·V_from + yft·V_to`, `I_to = ytf·V_from + ytt·V_to`.
    ///
    /// Line charging and the magnetising branch are contained. With the pi model behind an ideal transformer of ratio T at the from
    /// side: `yff = (y+ysh)/|T|²`, `yft = -y/T*`, `ytf = -y/T`, `ytt = y+ysh`.
    public struct Branch: Hashable, Sendable {
        public var from: Int32
        public var to: Int32
        public var yff: Complex
        public var yft: Complex
        public var ytf: Complex
        public var ytt: Complex

        public init(from: Int32, to: Int32, yff: Complex, yft: Complex, ytf: Complex, ytt: Complex) {
            self.from = from
            self.to = to
            self.yff = yff
            self.yft = yft
            self.ytf = ytf
            self.ytt = ytt
        }
    }

    /// A node that holds its voltage: the external grid.
    public struct Source: Hashable, Sendable {
        public var node: Int32
        /// Per unit.
        public var voltage: Complex

        public init(node: Int32, voltage: Complex) {
            self.node = node
            self.voltage = voltage
        }
    }

    public init(
        basePowerVA: Double, nominalVolts: [Double], nominalAngles: [Double], branches: [Branch], shunts: [Complex], sources: [Source]
    ) {
        self.basePowerVA = basePowerVA
        self.nominalVolts = nominalVolts
        self.nominalAngles = nominalAngles
        self.branches = branches
        self.shunts = shunts
        self.sources = sources
    }
}

/// How a calculation model is made of a network.
public struct AssemblyOptions: Hashable, Sendable {
    /// Three-phase base power in volt-ampere; an unbalanced grid takes a third of it for each phase.
    public var basePowerVA: Double
    /// Whether external grids hold their voltage behind their impedance, at a node of their own, or at the node they are connected to.
    public var hasSourceImpedance: Bool

    public init(basePowerVA: Double = 1_000_000, hasSourceImpedance: Bool = true) {
        self.basePowerVA = basePowerVA
        self.hasSourceImpedance = hasSourceImpedance
    }
}

/// Where a branch or element of a calculation model comes from.
public struct BranchOrigin: Hashable, Sendable {
    public var equipment: EquipmentReference
    /// The end of the equipment at the branch's first end.
    public var fromEnd: Int
    /// The end at the branch's second end; -1 at the star point of a transformer with three or more windings, behind the impedance of an
    /// external grid, and of what has one end.
    public var toEnd: Int

    public init(_ equipment: EquipmentReference, fromEnd: Int, toEnd: Int) {
        self.equipment = equipment
        self.fromEnd = fromEnd
        self.toEnd = toEnd
    }
}

/// What a node of a calculation model stands for.
public enum NodeOrigin: Hashable, Sendable {
    /// A bus of the topology.
    case bus(Int)
    /// The star point of a transformer with three or more windings (position in `Network.transformers`).
    case starPoint(transformer: Int)
    /// Behind the impedance of an external grid (position in `Network.externalGrids`).
    case source(externalGrid: Int)
}

/// What an assembly left out, and why.
public struct AssemblyProblem: Hashable, Sendable, CustomStringConvertible {
    public var mRID: String
    public var sentence: String

    public var description: String { "\(sentence) (mRID \(mRID))" }
}

/// What a limit belongs to: a node, a line, a transformer.
public struct GridElement: Hashable, Sendable {
    /// What kind of equipment it is.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case node, line, transformer
        /// Whatever else carries current: an external grid behind its impedance.
        case other
    }

    /// The master resource identifier; of a node that of its first connectivity node or busbar.
    public var mRID: String
    /// What people call it.
    public var name: String
    /// What kind of equipment it is.
    public var kind: Kind

    /// An element by its identity.
    public init(mRID: String, name: String, kind: Kind) {
        self.mRID = mRID
        self.name = name
        self.kind = kind
    }
}

/// Which kind of limit binds or is exceeded.
public enum LimitKind: String, Hashable, Sendable, CaseIterable {
    /// A voltage below its band; values in volt between lines.
    case lowVoltage
    /// A voltage above its band; values in volt between lines.
    case highVoltage
    /// A line's current; values in ampere.
    case current
    /// A transformer's current, told as the apparent power at rated voltage that it stands for (IEC 60076-1); values in kilovolt-ampere.
    case transformer
    /// No power flow has a solution, the grid is beyond voltage collapse; values in per cent of the load that has a solution.
    case collapse

    /// The unit of values and limits.
    public var unit: String {
        switch self {
        case .lowVoltage, .highVoltage: "V"
        case .current: "A"
        case .transformer: "kVA"
        case .collapse: "%"
        }
    }
}

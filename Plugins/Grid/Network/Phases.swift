/// One conductor of the grid as CIM's `SinglePhaseKind` names it; `s1` and `s2` are the two legs of a split-phase service.
public enum Phase: UInt8, Hashable, Sendable, CaseIterable {
    case a = 0
    case b = 1
    case c = 2
    case s1 = 3
    case s2 = 4
    case neutral = 5

    /// As CIM writes it: A, B, C, s1, s2, N.
    public var name: String {
        switch self {
        case .a: "A"
        case .b: "B"
        case .c: "C"
        case .s1: "s1"
        case .s2: "s2"
        case .neutral: "N"
        }
    }

    /// The phase that a delta-connected coil or load named after this phase ends at: A → B, B → C, C → A, s1 → s2.
    public var deltaPartner: Phase {
        switch self {
        case .a: .b
        case .b: .c
        case .c: .a
        case .s1: .s2
        case .s2: .s1
        case .neutral: .neutral
        }
    }
}

/// The conductors at a terminal, CIM's `PhaseCode`.
public struct PhaseSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let a = PhaseSet(rawValue: 1)
    public static let b = PhaseSet(rawValue: 2)
    public static let c = PhaseSet(rawValue: 4)
    public static let s1 = PhaseSet(rawValue: 8)
    public static let s2 = PhaseSet(rawValue: 16)
    public static let neutral = PhaseSet(rawValue: 32)
    public static let abc: PhaseSet = [.a, .b, .c]

    public init(_ phase: Phase) { self.init(rawValue: 1 << phase.rawValue) }

    public init(_ phases: some Sequence<Phase>) {
        self = phases.reduce(into: []) { $0.formUnion(PhaseSet($1)) }
    }

    public func contains(_ phase: Phase) -> Bool { rawValue & (1 << phase.rawValue) != 0 }

    /// Ascending in the order A, B, C, s1, s2, N.
    public var phases: [Phase] { Phase.allCases.filter(contains) }

    /// Without the neutral, which calculations reduce.
    public var withoutNeutral: PhaseSet { subtracting(.neutral) }

    /// As CIM writes it: "ABC", "ABCN", "s1N".
    public var name: String { phases.map(\.name).joined() }
}

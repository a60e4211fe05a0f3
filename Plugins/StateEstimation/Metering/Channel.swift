import LiveGrid
import PluginAPI

/// What a channel measures.
enum ChannelKind: UInt8, Hashable, CaseIterable {
    case voltageMagnitude, voltageAngle, currentMagnitude, currentAngle, activePower, reactivePower

    /// By the platform's names of measurands; nil for those that say nothing about the grid's state.
    init?(measurand: UnsafeRawBufferPointer) {
        guard let kind = Self.allCases.first(where: { measurand.elementsEqual($0.measurand.utf8) }) else { return nil }
        self = kind
    }

    var measurand: String {
        switch self {
        case .voltageMagnitude: "voltmagnitude"
        case .voltageAngle: "voltangle"
        case .currentMagnitude: "currmagnitude"
        case .currentAngle: "currangle"
        case .activePower: "activepower"
        case .reactivePower: "reactivepower"
        }
    }

    var isPower: Bool { self == .activePower || self == .reactivePower }
    var isAngle: Bool { self == .voltageAngle || self == .currentAngle }
}

/// The phase that a value is of.
enum ChannelPhase: Int, CaseIterable {
    case a, b, c
    /// Of all three together: the sum of powers, the positive sequence of voltages and currents.
    case all
    /// The legs of a split-phase service.
    case s1, s2

    /// `A`, `B`, `C`, `s1`, `s2` in either case, or nothing; nil for other texts.
    init?(_ text: UnsafeRawBufferPointer) {
        switch text.count {
        case 0: self = .all
        case 1 where text[0] | 0x20 == UInt8(ascii: "a"): self = .a
        case 1 where text[0] | 0x20 == UInt8(ascii: "b"): self = .b
        case 1 where text[0] | 0x20 == UInt8(ascii: "c"): self = .c
        case 2 where text[0] | 0x20 == UInt8(ascii: "s") && text[1] == UInt8(ascii: "1"): self = .s1
        case 2 where text[0] | 0x20 == UInt8(ascii: "s") && text[1] == UInt8(ascii: "2"): self = .s2
        default: return nil
        }
    }

    /// As messages write it; nothing for all together.
    var name: String {
        switch self {
        case .a: "A"
        case .b: "B"
        case .c: "C"
        case .all: ""
        case .s1: "s1"
        case .s2: "s2"
        }
    }

    /// How far the phase lags behind A in a symmetrical system, radian.
    var lag: Double {
        switch self {
        case .a, .all, .s1: 0
        case .s2: .pi
        case .b: 2 * .pi / 3
        case .c: -2 * .pi / 3
        }
    }
}

/// The latest value of one phase.
struct PhaseValue {
    var value = 0.0
    /// Seconds since 1970; minus infinity before the first value.
    var seconds = -Double.infinity
    /// As the device tells it, in the unit of the value; nil where it does not.
    var sigma: Double?
    var quality = Quality.good
}

/// A quantity that a device measures at a place of the grid, phase by phase.
struct Channel {
    let place: MeteringPlace
    let kind: ChannelKind
    let device: String
    let meterClass: Int
    /// `device component`, for people.
    let label: String
    /// Phases of the place: powers of fewer are scaled up to these.
    let phaseCount: Int
    /// What the place has at most, or nominally: volt to ground, ampere, watt or var of all phases.
    let full: Double
    var phases = [PhaseValue](repeating: PhaseValue(), count: ChannelPhase.allCases.count)
    /// Values of the last instants, newest first: angles of different places mean something only at the same instant.
    var instants: [(seconds: Double, value: Double, phase: ChannelPhase)] = []

    static let keptInstants = 24

    /// Whether it makes a difference to how the estimate is built that the channel has a value: angles tell the reference, and the meter of
    /// a whole injection stands in for what is supposed of its parts.
    var decidesStructure: Bool {
        switch (kind, place) {
        case (.voltageAngle, _), (.currentAngle, _), (.activePower, .node), (.reactivePower, .node), (.activePower, .externalGrid), (.reactivePower, .externalGrid): true
        default: false
        }
    }
}

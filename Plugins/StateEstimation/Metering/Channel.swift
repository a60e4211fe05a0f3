import LiveGrid
import PluginAPI

/// What a channel measures.
enum ChannelKind: UInt8, Hashable, CaseIterable {
    case voltageMagnitude, voltageAngle, currentMagnitude, activePower, reactivePower

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
        case .activePower: "activepower"
        case .reactivePower: "reactivepower"
        }
    }
}

/// The phase that a value is of.
enum ChannelPhase: Int, CaseIterable {
    case a, b, c
    /// Of all three together: the sum of powers, the positive sequence of voltages and currents.
    case all

    /// `A`, `B`, `C` in either case, or nothing; nil for other texts.
    init?(_ text: UnsafeRawBufferPointer) {
        switch text.count {
        case 0: self = .all
        case 1 where text[0] | 0x20 == UInt8(ascii: "a"): self = .a
        case 1 where text[0] | 0x20 == UInt8(ascii: "b"): self = .b
        case 1 where text[0] | 0x20 == UInt8(ascii: "c"): self = .c
        default: return nil
        }
    }

    /// How far the phase lags behind A in a symmetrical system, radian.
    var lag: Double {
        switch self {
        case .a, .all: 0
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
        case (.voltageAngle, _), (.activePower, .node), (.reactivePower, .node), (.activePower, .externalGrid), (.reactivePower, .externalGrid): true
        default: false
        }
    }
}

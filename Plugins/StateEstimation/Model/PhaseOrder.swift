import Estimation
import Grid
import LiveGrid

/// PMUs whose voltages lie where those of other phases should: two phases are interchanged at the meter's terminals, all are moved on by
/// one, or one is reversed.
///
/// Such an angle is wrong by a third or a half of a turn. That is seen without an estimate, and spoils one that has no redundancy.
struct PhaseOrder {
    /// The channels of the magnitudes and angles that can't be used.
    private(set) var channels: Set<Int> = []
    private(set) var sentences: [String] = []

    /// An angle less the one that its phase has where nothing is loaded.
    private struct Deviation {
        let phase: ChannelPhase
        let measured: Double
        let nominal: Double
    }

    init() {}

    init(_ board: ChannelBoard, _ grid: FollowedGrid, now: Double) {
        guard let instant = board.commonInstant(now: now) else { return }
        let found = board.channels.indices.filter { board.channels[$0].kind == .voltageAngle }.map { channel in
            (channel: channel, angles: Self.angles(board, grid, channel, instant: instant, now: now))
        }
        // One with interchanged phases adds nothing to the sum.
        let sum = found.flatMap(\.angles).reduce(Complex.zero) { $0 + Complex(magnitude: 1, angle: $1.measured - $1.nominal) }
        let turn = sum.magnitude > 0.5 ? sum.angle : nil
        for (channel, angles) in found where angles.count > 1 {
            guard let error = Self.error(angles, turn: turn) else { continue }
            channels.insert(channel)
            if let magnitude = board.partner(of: channel, .voltageMagnitude) { channels.insert(magnitude) }
            sentences.append("the voltages of \(board.channels[channel].label) are left out: \(error)")
        }
    }

    private static func angles(
        _ board: ChannelBoard, _ grid: FollowedGrid, _ channel: Int, instant: Double, now: Double
    ) -> [Deviation] {
        guard let node = grid.networkNode(at: board.channels[channel].place) else { return [] }
        return [ChannelPhase.a, .b, .c].compactMap { phase in
            guard board.channels[channel].phases[phase.rawValue].seconds > -.infinity,
                let value = board.angle(of: channel, phase: phase, at: instant, now: now),
                let nominal = grid.nominalAngle(atNode: node, phase)
            else { return nil }
            return Deviation(phase: phase, measured: value.value, nominal: nominal)
        }
    }

    private static func error(_ angles: [Deviation], turn: Double?) -> String? {
        guard let turn else {
            let swapped = exchanged(angles, 0, 1).reduce(Complex.zero) { $0 + Complex(magnitude: 1, angle: $1) }
            return angles.count == 3 && swapped.magnitude > 2.5 ? "two phases of the meter are interchanged" : nil
        }
        let offsets = angles.map { off($0.measured - $0.nominal - turn) }
        guard offsets.contains(where: { abs($0) > Self.doubtful }) else { return nil }
        for one in angles.indices {
            for other in angles.indices where other > one {
                guard exchanged(angles, one, other).allSatisfy({ abs(off($0 - turn)) < Self.likely }) else { continue }
                return "the phases \(angles[one].phase.name) and \(angles[other].phase.name) of the meter are interchanged"
            }
        }
        if abs(offsets[0]) > Self.doubtful, offsets.allSatisfy({ abs(off($0 - offsets[0])) < Self.likely }), angles.count == 3 {
            let degrees = Int((offsets[0] * 180 / .pi).rounded())
            return "all angles are \(degrees)° off: the phases of the meter are moved on by one, or its clock is wrong"
        }
        let reversed = zip(angles, offsets).filter { abs(off($1 - .pi)) < Self.likely }.map(\.0.phase.name)
        guard !reversed.isEmpty, offsets.allSatisfy({ abs($0) < Self.likely || abs(off($0 - .pi)) < Self.likely }) else { return nil }
        return "the sign of phase \(reversed.joined(separator: " and ")) is wrong"
    }

    /// How far all angles are off once two of them change places.
    private static func exchanged(_ angles: [Deviation], _ one: Int, _ other: Int) -> [Double] {
        angles.indices.map { index in
            let partner = index == one ? other : index == other ? one : index
            return angles[partner].measured - angles[index].nominal
        }
    }

    /// An angle brought to -π … π.
    private static func off(_ angle: Double) -> Double { Complex(magnitude: 1, angle: angle).angle }

    /// No load turns a voltage so far.
    private static let doubtful = Double.pi / 3
    private static let likely = Double.pi / 4
}

extension FollowedGrid {
    /// The angle of a phase at a node of the network where nothing is loaded; nil where there is no such conductor.
    func nominalAngle(atNode position: Int, _ phase: ChannelPhase) -> Double? {
        guard let threePhase else { return node(position).map { assembly.grid.nominalAngles[$0] - phase.lag } }
        return threePhase.conductors(atNode: position).first { ChannelPhase($0.phase) == phase }.map { threePhase.grid.nominalAngles[$0.conductor] }
    }
}

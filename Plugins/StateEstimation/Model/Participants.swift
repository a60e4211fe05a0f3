/// The channels that an estimate is built from: all magnitudes and powers, and of those that decide its structure the active ones.
struct Participants {
    let channels: [(position: Int, channel: Channel)]
    private let board: ChannelBoard
    private let active: Set<Int>

    /// - Parameter excluded: channels that can't be used, for the phases are not where they should be.
    init(_ board: ChannelBoard, active: Set<Int>, excluded: Set<Int> = []) {
        self.board = board
        self.active = active
        channels = board.channels.enumerated()
            .filter { !excluded.contains($0) && (!$1.decidesStructure || active.contains($0)) }.map { ($0, $1) }
    }

    /// The channel of the synchronised angle that belongs to a magnitude; nil while there is none.
    func angle(of position: Int, _ kind: ChannelKind) -> Int? {
        board.partner(of: position, kind).flatMap { active.contains($0) ? $0 : nil }
    }

    /// Whether every channel is of a synchronised phasor: what they measure is linear in the voltages.
    var areAllPhasors: Bool {
        !channels.isEmpty
            && channels.allSatisfy { position, channel in
                switch channel.kind {
                case .voltageMagnitude: angle(of: position, .voltageAngle) != nil
                case .currentMagnitude: angle(of: position, .currentAngle) != nil
                case .voltageAngle, .currentAngle: true
                case .activePower, .reactivePower: false
                }
            }
    }
}

/// How sure it is that one of two models is better, at any time that one looks.
///
/// A bet on each model, block by block of six hours: the wealth is multiplied by 1 + b·d, with d the difference of the losses over their sum.
/// As long as a model is no better than the other its wealth is not expected to grow, so that it passes ``sure`` once in twenty duels at most,
/// however often it is looked at (Ville's inequality; I. Waudby-Smith, A. Ramdas, Journal of the Royal Statistical Society B 86 (2024) 1–27;
/// for forecasts A. Henzi, J. F. Ziegel, Biometrika 109 (2022) 647–663). Blocks of one day-ahead forecast hang together, so that the figure
/// is a guide and not exact.
struct DuelEvidence: Sendable {
    /// The wealth, from 1 at the begin, that is enough.
    static let sure = 20.0
    private static let blockSeconds: Int64 = 6 * 3600
    /// Shares of the wealth that are bet, each by a player of its own: small ones last, large ones are quick.
    private static let bets = [0.25, 0.5, 0.75, 1]

    private struct Losses {
        var answering = 0.0
        var challenging = 0.0
    }

    /// By begin of the block, seconds since 1970.
    private var blocks: [Int64: Losses] = [:]

    init() {}

    /// Adds the losses of one interval.
    mutating func add(answering: Double, challenging: Double, at interval: Int64) {
        let block = interval.floored(by: Self.blockSeconds) * Self.blockSeconds
        blocks[block, default: Losses()].answering += answering
        blocks[block, default: Losses()].challenging += challenging
    }

    /// Wealth of who bet on the new model, by the blocks that are over.
    func ofChallenger(until time: Int64) -> Double { wealth(until: time) { $0.answering - $0.challenging } }

    /// Wealth of who bet on the one that answers.
    func ofAnswering(until time: Int64) -> Double { wealth(until: time) { $0.challenging - $0.answering } }

    private func wealth(until time: Int64, _ gain: (Losses) -> Double) -> Double {
        var players = Self.bets.map { _ in 1.0 }
        for (begin, losses) in blocks where begin + Self.blockSeconds <= time && losses.answering + losses.challenging > 0 {
            let share = gain(losses) / (losses.answering + losses.challenging)
            for (player, bet) in Self.bets.enumerated() { players[player] *= 1 + bet * share }
        }
        return players.reduce(0, +) / Double(players.count)
    }

    /// To be kept: begin and losses of each block.
    var rows: [[Double]] { blocks.sorted { $0.key < $1.key }.map { [Double($0.key), $0.value.answering, $0.value.challenging] } }

    /// Reads ``rows``; what is malformed is left out.
    init(rows: [(time: Int64, numbers: [Double])]) {
        for (time, numbers) in rows where numbers.count == 2 { blocks[time] = Losses(answering: numbers[0], challenging: numbers[1]) }
    }
}

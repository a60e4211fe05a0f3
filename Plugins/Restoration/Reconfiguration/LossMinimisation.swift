internal import Grid

/// Finds the radial configuration with the least losses: where the open points of the normal state should be.
///
/// Branch exchange (Civanlar et al., IEEE Trans. Power Deliv. 3(3), 1988; Baran and Wu, ibid. 4(2), 1989): a tie closes and another switch of
/// its loop opens, wherever that saves. Each exchange is judged by a power flow, not by a formula. From each local optimum, a number
/// of random exchanges of a fixed seed leads on to the next; the best one counts. A good local optimum, on networks that are known the
/// best one known, and not a proof.
public struct LossMinimisation: Sendable {
    /// What was found.
    public struct Result: Hashable, Sendable {
        /// True for closed, as the search began.
        public var positionsBefore: [Bool]
        /// True for closed, with the least losses that were found.
        public var positions: [Bool]
        /// Losses of all that has voltage, in watt.
        public var lossesBeforeWatts: Double
        /// The same afterwards.
        public var lossesWatts: Double
        /// Lowest voltage before and after, per unit.
        public var lowestVoltageBefore: Double
        /// Per unit.
        public var lowestVoltage: Double
        /// Whether voltages and loadings are within their limits afterwards.
        public var isWithinLimits: Bool
        /// Power flows that were computed.
        public var configurationsTried: Int

        /// Switches to close, as positions in `Network.switches`.
        public var closes: [Int] { positions.indices.filter { positions[$0] && !positionsBefore[$0] } }
        /// Switches to open.
        public var opens: [Int] { positions.indices.filter { !positions[$0] && positionsBefore[$0] } }
    }

    private let model: SwitchingModel
    private let demand: Demand
    private let limits: OperatingLimits
    private let usesCrews: Bool

    /// - Parameter usesCrews: whether switches without remote control may be moved too.
    public init(_ model: SwitchingModel, demand: Demand, limits: OperatingLimits = OperatingLimits(), usesCrews: Bool = true) {
        self.model = model
        self.demand = demand
        self.limits = limits
        self.usesCrews = usesCrews
    }

    /// - Parameters:
    ///   - rounds: local optima that are gone through.
    ///   - mostConfigurations: power flows in all.
    /// - Throws: ``RestorationError`` where what has voltage is not radial.
    public func minimise(
        from positions: [Bool], rounds: Int = 200, mostConfigurations: Int = 400_000, seed: UInt64 = 1
    ) throws(RestorationError) -> Result {
        let search = ExchangeSearch(model, demand, limits, usesCrews: usesCrews, positions: positions, mostConfigurations: mostConfigurations)
        let start = search.outcome(positions)
        if let loop = start.loop { throw .notRadial(RestorationPlanner(model).loopSentence(loop)) }
        let best = search.run(rounds: rounds, seed: seed)
        let end = search.outcome(best)
        let base = model.grid.basePowerVA
        return Result(
            positionsBefore: positions, positions: best, lossesBeforeWatts: start.lossesPerUnit * base, lossesWatts: end.lossesPerUnit * base,
            lowestVoltageBefore: start.lowestVoltage, lowestVoltage: end.lowestVoltage, isWithinLimits: end.isWithinLimits,
            configurationsTried: search.tried)
    }
}

private final class ExchangeSearch {
    private let model: SwitchingModel
    private let sweep: RadialSweep
    private let mayUse: [Bool]
    private let mostConfigurations: Int
    private var positions: [Bool]
    private var cost: Double
    private(set) var tried = 0
    private var random: UInt64 = 1

    init(
        _ model: SwitchingModel, _ demand: Demand, _ limits: OperatingLimits, usesCrews: Bool, positions: [Bool], mostConfigurations: Int
    ) {
        self.model = model
        sweep = RadialSweep(model, demand: demand, limits: limits)
        mayUse = model.duties.indices.map {
            model.duties[$0].mayOperate(usesCrews: usesCrews) && model.duties[$0].breaksLoadCurrent && model.switchNodes[$0].from >= 0
        }
        self.positions = positions
        self.mostConfigurations = mostConfigurations
        cost = .infinity
    }

    func outcome(_ positions: [Bool]) -> RadialSweep.Outcome {
        tried += 1
        return positions.withUnsafeBufferPointer { sweep.evaluate($0.baseAddress!, needsNumbers: true) }
    }

    /// Losses; a configuration beyond its limits counts as worse than any within.
    private func rate() -> Double {
        let outcome = outcome(positions)
        guard outcome.loop == nil, outcome.lowestVoltage > 0 else { return .infinity }
        return outcome.lossesPerUnit + (outcome.isWithinLimits ? 0 : 1e6)
    }

    func run(rounds: Int, seed: UInt64) -> [Bool] {
        random = seed &+ 0x9E37_79B9_7F4A_7C15
        cost = rate()
        descend()
        var (best, bestCost) = (positions, cost)
        for round in 0..<rounds where tried < mostConfigurations {
            positions = best
            shake(2 + round % 4)
            cost = rate()
            descend()
            if cost < bestCost - 1e-12 { (best, bestCost) = (positions, cost) }
        }
        return best
    }

    /// Exchanges until none saves.
    private func descend() {
        var hasImproved = true
        while hasImproved, tried < mostConfigurations {
            hasImproved = false
            for tie in ties() where !positions[tie] {
                if improve(tie) { hasImproved = true }
            }
        }
    }

    private func ties() -> [Int] { positions.indices.filter { !positions[$0] && mayUse[$0] } }

    /// Moves the open point of a tie's loop to where losses are least: from the tie outwards in both directions as long as that saves.
    private func improve(_ tie: Int) -> Bool {
        guard let loop = loop(of: tie) else { return false }
        var (open, least) = (tie, cost)
        positions[tie] = true
        for side in [loop.left, loop.right] {
            // Sections without load give plateaus: two that do not save end the walk.
            var failures = 0
            for device in side where mayUse[device] {
                positions[device] = false
                let rated = rate()
                positions[device] = true
                if rated < least - 1e-12 { (open, least, failures) = (device, rated, 0) } else { failures += 1 }
                if failures > 2 { break }
            }
        }
        positions[open] = false
        guard open != tie else { return false }
        cost = least
        return true
    }

    /// The switches between a tie and where its two sides meet, nearest to the tie first; nil where it closes no loop.
    private func loop(of tie: Int) -> (left: [Int], right: [Int])? {
        let tree = FeedingTree(model, positions)
        let sides = model.sections(ofSwitch: tie)
        guard tree.isFed[sides.from], tree.isFed[sides.to], sides.from != sides.to else { return nil }
        var (left, right) = (tree.path(from: sides.from), tree.path(from: sides.to))
        while let a = left.last, let b = right.last, a == b {
            left.removeLast()
            right.removeLast()
        }
        return (left, right)
    }

    private func shake(_ times: Int) {
        for _ in 0..<times {
            let ties = ties()
            guard !ties.isEmpty else { return }
            let tie = ties[next(ties.count)]
            guard let loop = loop(of: tie) else { continue }
            let choices = (loop.left + loop.right).filter { mayUse[$0] }
            guard !choices.isEmpty else { continue }
            positions[tie] = true
            positions[choices[next(choices.count)]] = false
        }
    }

    /// 0 ..< bound (SplitMix64, Steele, Lea and Flood 2014).
    private func next(_ bound: Int) -> Int {
        random = random &+ 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }
}

internal import LinearProgramming

/// The linear program of a dispatch: activations of the offers within their limits, and the limits of the grid as they look from where they were
/// linearised last.
///
/// Columns: increase and reduction of each offer and interval in kW, the energy in a store, and for each limit of the grid what it is left exceeded
/// by. Rows: energy, ramp, store, and the cuts `constant + Σ effect · deviation − left ≤ 0`.
struct DispatchProgram {
    /// A limit of the grid in one load case.
    struct Key: Hashable {
        var grid: Int
        var interval: Int
        var quantile: Int
        var limit: GridLimit
    }

    /// A limit as it looks from one solution.
    struct Cut {
        /// Its excess without any deviation, by this linearisation.
        var constant: Double
        /// By offer: what a kW of deviation in the interval adds to the excess.
        var effects: [Double]
        /// The largest effect that a kW anywhere in the grid has on the excess: what the row is divided by, so that it counts in kW.
        var scale: Double
    }

    /// Earlier linearisations of one limit that are kept.
    private static let mostOldCuts = 4

    /// Cuts are kept with this much excess to spare, so that the exact power flow keeps the limit.
    private static let margin = 1e-7

    let offers: [FlexibilityOffer]
    let intervalCount: Int
    let intervalHours: Double
    /// What a kWh costs by which a limit is left exceeded, where it would be cured best.
    let violationPrice: Double
    private(set) var cuts: [Key: [Cut]] = [:]
    private var order: [Key] = []

    init(_ offers: [FlexibilityOffer], intervalCount: Int, intervalHours: Double, violationPrice: Double) {
        (self.offers, self.intervalCount, self.intervalHours) = (offers, intervalCount, intervalHours)
        self.violationPrice = violationPrice
    }

    /// Takes over a linearisation.
    ///
    /// The excess of a current and of a low voltage is convex in the deviations, so that cuts from elsewhere hold too and keep the program from going
    /// back and forth between points of equal cost. That of a high voltage is concave: the newest counts, and those of the other direction of flow.
    mutating func add(_ cut: Cut, for key: Key) {
        if cuts[key] == nil { order.append(key) }
        var kept = cuts[key] ?? []
        if case .highest = key.limit { kept.removeAll { old in zip(old.effects, cut.effects).reduce(0) { $0 + $1.0 * $1.1 } >= 0 } }
        cuts[key] = kept.suffix(Self.mostOldCuts) + [cut]
    }

    /// Leaves of each limit the newest linearisation alone, for prices that belong to one point.
    mutating func keepNewest() { cuts = cuts.mapValues { Array($0.suffix(1)) } }

    /// A point of the program.
    struct Point {
        /// By interval, then offer; kW.
        var increases: [[Double]]
        var reductions: [[Double]]
        /// Of the activations alone.
        var cost: Double
        /// Of each limit with cuts, what it is left exceeded by.
        var left: [Key: Double]
        /// What the plan would cost less if a limit had one unit of excess more.
        var prices: [Key: Double]
    }

    func solve(limits: SolveLimits) throws(CongestionError) -> Point? {
        var build = Build(self)
        build.addOffers()
        build.addCuts(order)
        do throws(LinearProgramError) {
            let solution = try build.program.solve(limits: limits)
            return solution.hasPoint ? build.point(solution) : nil
        } catch {
            throw .solver("the dispatch can't be computed: \(error.description)")
        }
    }

    /// The program while it is put together.
    private struct Build {
        let dispatch: DispatchProgram
        var program = LinearProgram()
        /// By offer, then interval; -1 where nothing is offered.
        var increase: [[Int32]] = []
        var reduction: [[Int32]] = []
        var left: [(key: Key, column: Int32, rows: [Int32], scale: Double)] = []

        init(_ dispatch: DispatchProgram) { self.dispatch = dispatch }

        mutating func addOffers() {
            let hours = dispatch.intervalHours
            // An interval without a cut needs no activations, unless one there makes room for another or earns money.
            let needed = Set(dispatch.cuts.keys.map(\.interval))
            for offer in dispatch.offers {
                let isFree = offer.rampKW == nil && offer.storedKWh == nil && offer.rebound == nil
                func columns(_ most: [Double], _ prices: [Double]) -> [Int32] {
                    most.indices.map { interval in
                        guard most[interval] > 0, !isFree || prices[interval] < 0 || needed.contains(interval) else { return -1 }
                        return program.addColumn(0...most[interval], cost: prices[interval] * hours)
                    }
                }
                let (up, down) = (columns(offer.mostIncreaseKW, offer.increasePrice), columns(offer.mostReductionKW, offer.reductionPrice))
                increase.append(up)
                reduction.append(down)
                if let most = offer.mostIncreaseKWh { bound(up, most, hours) }
                if let most = offer.mostReductionKWh { bound(down, most, hours) }
                if let ramp = offer.rampKW { addRamps(up, down, ramp) }
                if let stored = offer.storedKWh { addStore(up, down, stored, hours) }
            }
        }

        private mutating func add(_ value: Double, _ row: Int32, _ column: Int32) {
            if column >= 0 { program.add(value, row: row, column: column) }
        }

        private mutating func bound(_ columns: [Int32], _ most: Double, _ hours: Double) {
            let row = program.addRow((-.infinity)...most)
            for column in columns { add(hours, row, column) }
        }

        private mutating func addRamps(_ up: [Int32], _ down: [Int32], _ ramp: Double) {
            for interval in up.indices {
                let row = program.addRow(-ramp...ramp)
                add(1, row, up[interval])
                add(-1, row, down[interval])
                guard interval > 0 else { continue }
                add(-1, row, up[interval - 1])
                add(1, row, down[interval - 1])
            }
        }

        private mutating func addStore(_ up: [Int32], _ down: [Int32], _ stored: ClosedRange<Double>, _ hours: Double) {
            var before: Int32 = -1
            for interval in up.indices {
                let column = program.addColumn(stored)
                let row = program.addRow(0...0)
                add(1, row, column)
                add(-1, row, before)
                add(-hours, row, up[interval])
                add(hours, row, down[interval])
                before = column
            }
        }

        mutating func addCuts(_ order: [Key]) {
            let sources = dispatch.offers.map { offer in
                var sources = [[(interval: Int, share: Double)]](repeating: [], count: dispatch.intervalCount)
                for interval in 0..<dispatch.intervalCount {
                    for effect in offer.effects(of: interval, count: dispatch.intervalCount) { sources[effect.interval].append((interval, effect.share)) }
                }
                return sources
            }
            for key in order {
                guard let cuts = dispatch.cuts[key], let scale = cuts.last?.scale else { continue }
                let column = program.addColumn(0...(.infinity), cost: dispatch.violationPrice * dispatch.intervalHours)
                var rows: [Int32] = []
                for cut in cuts {
                    let row = program.addRow((-.infinity)...(-(cut.constant + DispatchProgram.margin) / scale))
                    rows.append(row)
                    program.add(-1, row: row, column: column)
                    for offer in dispatch.offers.indices where cut.effects[offer] != 0 {
                        for source in sources[offer][key.interval] {
                            let effect = cut.effects[offer] / scale * source.share
                            add(effect, row, increase[offer][source.interval])
                            add(-effect, row, reduction[offer][source.interval])
                        }
                    }
                }
                left.append((key, column, rows, scale))
            }
        }

        func point(_ solution: LinearSolution) -> Point {
            func values(_ columns: [[Int32]]) -> [[Double]] {
                (0..<dispatch.intervalCount).map { interval in
                    columns.map { $0[interval] < 0 ? 0 : max(0, solution.columns[Int($0[interval])]) }
                }
            }
            var point = Point(increases: values(increase), reductions: values(reduction), cost: 0, left: [:], prices: [:])
            for (position, offer) in dispatch.offers.enumerated() {
                for interval in 0..<dispatch.intervalCount {
                    let (up, down) = (point.increases[interval][position], point.reductions[interval][position])
                    point.cost += (up * offer.increasePrice[interval] + down * offer.reductionPrice[interval]) * dispatch.intervalHours
                }
            }
            for (key, column, rows, scale) in left {
                point.left[key] = max(0, solution.columns[Int(column)]) * scale
                // A row's bound further up makes the program cheaper: its dual is negative.
                point.prices[key] = max(0, -rows.reduce(0) { $0 + solution.rowDuals[Int($1)] }) / scale
            }
            return point
        }
    }
}

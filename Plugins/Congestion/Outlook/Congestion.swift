internal import Grid

/// One limit that one load case exceeds.
public struct Congestion: Hashable, Sendable, CustomStringConvertible {
    /// Where.
    public var element: GridElement
    /// Which kind of limit.
    public var kind: LimitKind
    /// What the case comes to, in the unit of the kind.
    public var value: Double
    /// What is allowed, in the same unit.
    public var limit: Double
    /// Position of the interval in the forecast.
    public var interval: Int
    /// The quantile of the load case, 0.9 for P90.
    public var quantile: Double
    /// The name of the outage in which it is; nil for the intact grid.
    public var contingency: String?

    /// How far beyond: 0.1 for a tenth more than the limit, or less than the lower one.
    public var share: Double { limit == 0 ? 0 : abs(value / limit - 1) }

    /// What would be, without a verb before it: "line L5 would carry 412 A of 400 A in the P90 case".
    public var description: String { "\(phrase) in the \(Figures.quantile(quantile)) case" + (contingency.map { " with \($0)" } ?? "") }

    private var phrase: String {
        let (value, limit) = Figures.apart(value, limit)
        return switch kind {
        case .lowVoltage: "\(element.name) would have \(value) V, at least \(limit) V are due"
        case .highVoltage: "\(element.name) would have \(value) V, at most \(limit) V are allowed"
        case .current: "line \(element.name) would carry \(value) A of \(limit) A"
        case .transformer: "transformer \(element.name) would carry \(value) kVA of \(limit) kVA"
        case .collapse: "the voltage at \(element.name) would collapse: \(value) % of the load has a solution"
        }
    }
}

extension [Congestion] {
    /// Adds one of a case; of the ends of one line or transformer, which come one after the other, the worse is kept.
    mutating func add(_ congestion: Congestion) {
        guard let last, last.element == congestion.element, last.kind == congestion.kind, last.interval == congestion.interval,
            last.quantile == congestion.quantile, last.contingency == congestion.contingency
        else { return append(congestion) }
        if congestion.share > last.share { self[count - 1] = congestion }
    }
}

extension CongestionGrid {
    /// Puts a limit that a case exceeds into words and units.
    func congestion(_ limit: GridLimit, excess: Double, interval: Int, quantile: Double) -> Congestion {
        let figures = figures(limit, excess: excess)
        return Congestion(
            element: element(limit), kind: figures.kind, value: figures.value, limit: figures.limit, interval: interval, quantile: quantile,
            contingency: contingency?.name)
    }

    /// The same of a case without a solution.
    func collapse(_ failure: Collapse, interval: Int, quantile: Double) -> Congestion {
        Congestion(
            element: element(node: failure.node), kind: .collapse, value: (failure.solvableShare ?? 0) * 100, limit: 100, interval: interval,
            quantile: quantile, contingency: contingency?.name)
    }
}

/// The cheapest flexibility that cures the congestion of a forecast.
public struct FlexibilityPlan: Sendable {
    /// What is asked of one offer in one interval.
    public struct Activation: Hashable, Sendable {
        /// Position in the offers.
        public var offer: Int
        /// Its name.
        public var offerID: String
        /// Position of the interval.
        public var interval: Int
        /// Deviation from the forecast that is ordered, kW, consumption positive.
        public var kilowatts: Double
        /// What comes back of earlier activations in this interval, kW; not ordered, but there.
        public var reboundKW: Double
        /// What the order costs.
        public var cost: Double
    }

    /// A request to whoever is at a node: the sum of what is ordered there.
    public struct NodeRequest: Hashable, Sendable {
        /// Position in `Network.nodes`.
        public var node: Int
        /// Its element.
        public var element: GridElement
        /// Position of the interval.
        public var interval: Int
        /// kW beyond the forecast, consumption positive.
        public var kilowatts: Double
    }

    /// A limit that makes flexibility necessary, and what it costs that it is no wider.
    public struct BindingLimit: Hashable, Sendable, CustomStringConvertible {
        /// The limit with the value that it has in the plan.
        public var limit: Congestion
        /// What the plan would cost less per hour if the limit were wider by one of its unit (A, V, kVA).
        public var shadowPrice: Double

        /// One sentence without its end.
        public var description: String {
            "\(limit.kind == .lowVoltage || limit.kind == .highVoltage ? "voltage" : "\(limit.kind.rawValue)") of \(limit.element.name) binds in interval "
                + "\(limit.interval), \(Figures.quantile(limit.quantile)): one \(limit.kind.unit) more would save \(Figures.text(shadowPrice)) an hour"
        }
    }

    /// Ordered by interval, then offer; none where less than a watt is asked.
    public let activations: [Activation]
    /// The outgoing requests, by interval, then node.
    public let requests: [NodeRequest]
    /// What all activations cost.
    public let cost: Double
    /// What the forecast exceeds without the plan.
    public let congestionsBefore: [Congestion]
    /// What an exact power flow finds exceeded with the plan: empty where it cures everything.
    public let remaining: [Congestion]
    /// What determines the plan, the dearest first.
    public let bindingLimits: [BindingLimit]
    /// Linear programs that were solved, each around the exact solution of the last.
    public let rounds: Int
    /// What could not be examined, a sentence each.
    public let notes: [String]
    /// Deviation of all offers together by interval, then offer, kW, rebound contained.
    let deviations: [[Double]]
    /// Per interval what one kWh more at each node of the network costs by its effect on voltage and current limits; empty where none binds.
    let voltagePrices: [[Double]]
    let currentPrices: [[Double]]

    /// Whether every limit is kept in every case.
    public var isCured: Bool { remaining.isEmpty }

    /// The deviation of one offer in one interval, kW, with what comes back of its earlier activations.
    public func deviation(offer: Int, interval: Int) -> Double { deviations[interval][offer] }
}

/// What the devices say about a fault, at one instant. Devices are switches by position in `Network.switches`; who says nothing is not
/// in here, and counts neither way.
public struct FaultObservation: Hashable, Sendable {
    /// What a fault passage indicator says.
    public enum Passage: Hashable, Sendable {
        /// A fault current passed, in no known direction.
        case passed
        /// It passed away from the source that feeds the indicator.
        case passedForward
        /// It passed towards that source: the fault is on the other side (fed by generators or motors).
        case passedReverse
        /// None passed.
        case silent
        /// The indicator is there and does not answer, or its quality is bad.
        case unknown
    }

    /// What a relay says about how far away the fault is.
    public struct Distance: Hashable, Sendable {
        /// The switch whose relay measured.
        public var device: Int
        /// Positive-sequence impedance between relay and fault, in ohm at the fault's voltage.
        public var ohm: Double

        /// - Parameter ohm: positive-sequence impedance between relay and fault.
        public init(device: Int, ohm: Double) {
            self.device = device
            self.ohm = ohm
        }

        /// - Parameters:
        ///   - percent: of the line that the relay is set for.
        ///   - lineOhm: the positive-sequence impedance that is 100 % in its setting.
        public init(device: Int, percent: Double, lineOhm: Double) { self.init(device: device, ohm: percent / 100 * lineOhm) }
    }

    /// Positions before the fault: true for closed.
    public var positionsBefore: [Bool]
    /// Breakers and reclosers: whether their protection tripped. A device that is not here is not heard of.
    public var trips: [Int: Bool] = [:]
    /// Fault passage indicators, by the switch they are at.
    public var passages: [Int: Passage] = [:]
    /// Whether the voltage behind a device, seen from its source, is lost.
    public var lossOfVoltage: [Int: Bool] = [:]
    /// What relays say of the distance.
    public var distances: [Distance] = []

    /// An observation in which nobody has said anything yet, unless given.
    public init(
        positionsBefore: [Bool], trips: [Int: Bool] = [:], passages: [Int: Passage] = [:], lossOfVoltage: [Int: Bool] = [:],
        distances: [Distance] = []
    ) {
        self.positionsBefore = positionsBefore
        self.trips = trips
        self.passages = passages
        self.lossOfVoltage = lossOfVoltage
        self.distances = distances
    }
}

/// How far devices are to be trusted, as probabilities.
public struct IndicationTrust: Hashable, Sendable {
    /// An indicator that the fault current passed stays silent.
    public var missedPassage = 0.05
    /// An indicator that it did not pass says that it did.
    public var falsePassage = 0.01
    /// A protection that should have cleared the fault left it to the next one.
    public var failedProtection = 0.02
    /// A device reports a trip and did not, or had no reason to.
    public var falseTrip = 0.001
    /// The trip of the device that cleared the fault is reported as no trip.
    public var missedTrip = 0.005
    /// A loss of voltage is told wrongly, either way.
    public var wrongVoltage = 0.02
    /// Whether indicators latch only where the voltage goes with the fault current, so that those between the source and a recloser that
    /// clears the fault stay silent. Else they may say either.
    public var passageNeedsOutage = true
    /// Standard deviation of a fault distance: this share of it,
    public var distanceShare = 0.05
    /// and this many ohm (arc resistance).
    public var distanceOhm = 0.05

    /// What field experience with modern devices suggests; sites with older ones say so.
    public init() {}
}

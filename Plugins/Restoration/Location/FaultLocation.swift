/// Where a fault is, how certain that is, and what speaks against it.
public struct FaultLocation: Hashable, Sendable {
    /// Whether what the devices say fits together.
    public enum Verdict: String, Hashable, Sendable {
        /// Every indication fits the most probable section.
        case located
        /// No section explains what the devices say: at least one of them did not work as it should. The most probable section is given
        /// all the same.
        case malOperation = "mal-operation"
        /// Nothing tells of a fault.
        case noFault = "no fault"
    }

    /// A section in which the fault may be.
    public struct Candidate: Hashable, Sendable {
        /// Position in `SwitchingModel.sections`.
        public var section: Int
        /// Of all sections together 1.
        public var probability: Double
        /// In words: between which switches.
        public var description: String
        /// The breaker or recloser that cleared the fault then, as a position in `Network.switches`; nil where nobody tells.
        public var clearingDevice: Int?
    }

    /// A line and where on it the fault is by a relay's distance reading.
    public struct Place: Hashable, Sendable {
        /// Position in `Network.lines`.
        public var line: Int
        /// Share of the line from its end towards the relay, 0 … 1.
        public var share: Double
    }

    /// An indication that does not fit the most probable section.
    public struct Contradiction: Hashable, Sendable {
        /// The device, as a position in `Network.switches`.
        public var device: Int
        /// What it said, and what it should have.
        public var sentence: String
    }

    /// Whether what the devices say fits together.
    public var verdict: Verdict
    /// Sections by probability, the most probable first; those below a thousandth are left out.
    public var candidates: [Candidate]
    /// The sections that explain the indications as well as the best one: the fault is in one of them, and a safe plan isolates all.
    public var suspects: [Int]
    /// Indications that do not fit the most probable section.
    public var contradictions: [Contradiction]
    /// Where a distance reading puts it in the suspected sections.
    public var places: [Place]

    /// A location that people or a record give: a fault in one of some sections, each as probable.
    public init(sections: [Int], of model: SwitchingModel) {
        self.init(
            verdict: .located,
            candidates: sections.map {
                Candidate(section: $0, probability: 1 / Double(sections.count), description: model.describe(section: $0), clearingDevice: nil)
            }, suspects: sections, contradictions: [], places: [])
    }

    init(verdict: Verdict, candidates: [Candidate], suspects: [Int], contradictions: [Contradiction], places: [Place]) {
        self.verdict = verdict
        self.candidates = candidates
        self.suspects = suspects
        self.contradictions = contradictions
        self.places = places
    }

    /// Whether one section alone explains the indications as well as the best.
    public var isUnique: Bool { suspects.count == 1 }
    /// The most probable section; nil where none can be named.
    public var best: Candidate? { candidates.first }
    /// The next most probable one.
    public var runnerUp: Candidate? { candidates.dropFirst().first }
}

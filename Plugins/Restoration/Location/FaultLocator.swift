internal import Glibc
internal import Grid

/// Finds the section in which a fault is, by Bayes' rule over all sections that were energised.
///
/// A hypothesis is a section and the device that cleared the fault: the nearest breaker or recloser towards the source, or, where that
/// failed, the next one. Indicators between the clearing device and the fault should have seen the current, those elsewhere not. What each
/// device says multiplies the odds by how often it errs (`IndicationTrust`); the prior goes by the length of lines. One pass over the sections
/// does it, whatever their number.
public struct FaultLocator: Sendable {
    /// The network.
    public let model: SwitchingModel
    /// How far devices are trusted.
    public var trust: IndicationTrust
    /// How likely a fault is in each section before anything is known, in any unit.
    private let prior: [Double]

    /// A locator; one serves any number of faults.
    public init(_ model: SwitchingModel, trust: IndicationTrust = IndicationTrust()) {
        self.model = model
        self.trust = trust
        let lengths = model.sections.map { section in
            section.branches.reduce(0.0) { sum, branch in
                let origin = model.index.branchOrigins[Int(branch)].equipment
                guard origin.kind == .line else { return sum }
                let metres = model.network.lines[origin.index].lengthMetres
                return sum + (metres > 0 ? metres : Self.usualMetres)
            }
        }
        // A section counts at least a quarter of a mean one (its busbars and joints fail too) and at most three, so that length alone never
        // outweighs what a working indicator says.
        let mean = max(1, lengths.reduce(0, +) / Double(max(1, lengths.count { $0 > 0 })))
        prior = lengths.map { min(3, 0.25 + $0 / mean) }
    }

    /// Of a line whose length is not told.
    private static let usualMetres = 1000.0

    /// - Throws: ``RestorationError`` where positions or devices do not fit the model.
    public func locate(_ observation: FaultObservation) throws(RestorationError) -> FaultLocation {
        try check(observation)
        let tree = FeedingTree(model, observation.positionsBefore)
        guard observation.trips.values.contains(true) || observation.passages.values.contains(where: \.tellsOfCurrent)
            || observation.lossOfVoltage.values.contains(true)
        else { return FaultLocation(verdict: .noFault, candidates: [], suspects: [], contradictions: [], places: []) }
        let odds = FaultOdds(model, trust, tree, observation)
        let hypotheses = odds.hypotheses(prior: prior)
        guard let best = hypotheses.first else {
            return FaultLocation(verdict: .malOperation, candidates: [], suspects: [], contradictions: odds.unexplained(), places: [])
        }
        let likeliest = hypotheses.map(\.logLikelihood).max() ?? 0
        let suspected = hypotheses.filter { $0.logLikelihood > likeliest - log(2) }
        let judged = suspected.first ?? best
        let contradictions = odds.contradictions(section: judged.section, clearing: judged.clearing, isBackup: judged.isBackup)
        let suspects = suspected.map(\.section)
        return FaultLocation(
            verdict: contradictions.isEmpty ? .located : .malOperation,
            candidates: hypotheses.filter { $0.probability >= 0.001 }.map {
                FaultLocation.Candidate(
                    section: $0.section, probability: $0.probability, description: model.describe(section: $0.section),
                    clearingDevice: $0.clearing)
            },
            suspects: suspects, contradictions: contradictions, places: odds.places(in: suspects))
    }

    private func check(_ observation: FaultObservation) throws(RestorationError) {
        guard observation.positionsBefore.count == model.switchCount else {
            throw .invalidRequest("\(observation.positionsBefore.count) positions before the fault for \(model.switchCount) switches")
        }
        let devices = Array(observation.trips.keys) + Array(observation.passages.keys) + Array(observation.lossOfVoltage.keys)
            + observation.distances.map(\.device)
        if let strange = devices.first(where: { $0 < 0 || $0 >= model.switchCount }) {
            throw .invalidRequest("an indication is of switch \(strange), the network has \(model.switchCount)")
        }
    }
}

extension FaultObservation.Passage {
    /// Whether it says that a fault current passed at all.
    var tellsOfCurrent: Bool { self == .passed || self == .passedForward || self == .passedReverse }
}

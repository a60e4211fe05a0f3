internal import Glibc
internal import Grid

/// How well each section, with each device that may have cleared a fault there, explains an observation.
struct FaultOdds {
    private let model: SwitchingModel
    private let trust: IndicationTrust
    private let tree: FeedingTree
    private let observation: FaultObservation
    /// Sum over the switches from the source to each section of what it adds to the log-likelihood that the current passed there.
    private var passed: [Double]
    /// The same of what is left out where the current passes and the voltage stays.
    private var ignored: [Double]
    /// By section: the sum over what it feeds of what a loss of voltage there adds.
    private var dead: [Double]
    /// The nearest device that clears faults on the way to the source, and the next one; -1 without.
    private var nearest: [Int32]
    private var next: [Int32]
    /// Log-likelihood where no current passed anywhere, no voltage is lost and nothing tripped.
    private var quiet = 0.0

    struct Hypothesis {
        var section: Int
        var clearing: Int
        var isBackup: Bool
        /// Without the prior.
        var logLikelihood: Double
        var probability: Double
    }

    init(_ model: SwitchingModel, _ trust: IndicationTrust, _ tree: FeedingTree, _ observation: FaultObservation) {
        self.model = model
        self.trust = trust
        self.tree = tree
        self.observation = observation
        passed = Array(repeating: 0, count: model.sections.count)
        ignored = passed
        dead = passed
        nearest = Array(repeating: -1, count: model.sections.count)
        next = nearest
        for passage in observation.passages.values { quiet += passageOdds(passage).absent }
        for isLost in observation.lossOfVoltage.values { quiet += voltageOdds(isLost).absent }
        // Indicators at open switches and trips of what feeds nothing speak against every section alike.
        for (device, hasTripped) in observation.trips where hasTripped { _ = device; quiet += log(trust.falseTrip) }
        for section in tree.order { descend(Int(section)) }
        for section in tree.order.reversed() { gather(Int(section)) }
    }

    private mutating func descend(_ section: Int) {
        let device = Int(tree.via[section])
        guard device >= 0 else { return }
        let above = Int(tree.parent[section])
        let odds = passageOdds(observation.passages[device] ?? .unknown)
        passed[section] = passed[above] + odds.present - odds.absent
        ignored[section] = ignored[above] + (trust.passageNeedsOutage ? 0 : -odds.absent)
        let clears = model.duties[device].interruptsFaults
        nearest[section] = clears ? Int32(device) : nearest[above]
        next[section] = clears ? nearest[above] : next[above]
    }

    private mutating func gather(_ section: Int) {
        let device = Int(tree.via[section])
        guard device >= 0 else { return }
        if let isLost = observation.lossOfVoltage[device] {
            let odds = voltageOdds(isLost)
            dead[section] += odds.present - odds.absent
        }
        dead[Int(tree.parent[section])] += dead[section]
    }

    private func passageOdds(_ passage: FaultObservation.Passage) -> (present: Double, absent: Double) {
        switch passage {
        case .unknown: (0, 0)
        case .passed, .passedForward: (log(1 - trust.missedPassage), log(trust.falsePassage))
        case .silent: (log(trust.missedPassage), log(1 - trust.falsePassage))
        // What feeds back into a fault on the other side: no sign of a fault behind the indicator.
        case .passedReverse: (log(trust.falsePassage), log(1 - trust.falsePassage))
        }
    }

    private func voltageOdds(_ isLost: Bool) -> (present: Double, absent: Double) {
        let (right, wrong) = (log(1 - trust.wrongVoltage), log(trust.wrongVoltage))
        return isLost ? (right, wrong) : (wrong, right)
    }

    /// What a device adds when it, and nobody else, cleared the fault.
    private func tripOdds(_ device: Int) -> Double {
        switch observation.trips[device] {
        case true?: log(1 - trust.missedTrip) - log(trust.falseTrip)
        case false?: log(trust.missedTrip)
        case nil: 0
        }
    }

    private func logLikelihood(_ section: Int, _ clearing: Int, isBackup: Bool) -> Double {
        let fed = Int(tree.fedSection[clearing])
        let above = Int(tree.parent[fed])
        var sum = quiet + passed[section] - passed[above] + ignored[above] + dead[fed] + tripOdds(clearing)
        sum += isBackup ? log(trust.failedProtection) : log(1 - trust.failedProtection)
        for distance in observation.distances { sum += distanceOdds(distance, section) }
        return sum
    }

    /// Every section with the device that most probably cleared a fault there, by probability.
    func hypotheses(prior: [Double]) -> [Hypothesis] {
        var found: [Hypothesis] = []
        for section in tree.order.map(Int.init) {
            let choices = [(nearest[section], false), (next[section], true)].filter { $0.0 >= 0 }
            let rated = choices.map { Hypothesis(
                section: section, clearing: Int($0.0), isBackup: $0.1, logLikelihood: logLikelihood(section, Int($0.0), isBackup: $0.1),
                probability: 0) }
            if let best = rated.max(by: { $0.logLikelihood < $1.logLikelihood }), best.logLikelihood.isFinite { found.append(best) }
        }
        let weights = found.map { $0.logLikelihood + log(prior[$0.section]) }
        guard let largest = weights.max() else { return [] }
        let total = weights.reduce(0) { $0 + exp($1 - largest) }
        for position in found.indices { found[position].probability = exp(weights[position] - largest) / total }
        return found.sorted { ($0.probability, -$0.section) > ($1.probability, -$1.section) }
    }

    /// The log of the probability that a reading comes of a fault in a section.
    private func distanceOdds(_ distance: FaultObservation.Distance, _ section: Int) -> Double {
        guard let span = ImpedanceSpan(model, tree, from: distance.device, to: section) else { return log(1e-6) }
        let deviation = distance.ohm * trust.distanceShare + trust.distanceOhm
        func share(_ ohm: Double) -> Double { 0.5 * erfc((distance.ohm - ohm) / deviation / 2.0.squareRoot()) }
        let width = max(span.farthest - span.nearest, deviation / 10)
        // The density over the section's impedances, against a reading that is merely wrong.
        return log(max(1e-6, (share(span.nearest + width) - share(span.nearest)) * deviation / width))
    }

    /// Where distance readings put the fault in the given sections.
    func places(in sections: [Int]) -> [FaultLocation.Place] {
        observation.distances.flatMap { distance in
            sections.flatMap { ImpedanceSpan(model, tree, from: distance.device, to: $0)?.places(at: distance.ohm) ?? [] }
        }
    }
}

/// What does not fit.
extension FaultOdds {
    /// Contradictions of a hypothesis.
    func contradictions(section: Int, clearing: Int, isBackup: Bool) -> [FaultLocation.Contradiction] {
        let path = tree.path(from: section)
        let split = path.firstIndex(of: clearing) ?? path.count - 1
        let between = Set(path[...split])
        let upstream = Set(path[(split + 1)...])
        var found: [FaultLocation.Contradiction] = []
        for (device, passage) in observation.passages.sorted(by: { $0.key < $1.key }) {
            if upstream.contains(device), !trust.passageNeedsOutage { continue }
            if let sentence = passageSentence(device, passage, isExpected: between.contains(device)) {
                found.append(FaultLocation.Contradiction(device: device, sentence: sentence))
            }
        }
        for (device, hasTripped) in observation.trips.sorted(by: { $0.key < $1.key }) where hasTripped != (device == clearing) {
            found.append(FaultLocation.Contradiction(device: device, sentence: hasTripped
                ? "\(model.name(ofSwitch: device)) tripped, and \(model.name(ofSwitch: clearing)) should have cleared the fault alone"
                : "\(model.name(ofSwitch: device)) should have tripped and reports that it did not"))
        }
        if isBackup, let failed = path[..<split].first(where: { model.duties[$0].interruptsFaults }), observation.trips[failed] != true {
            found.append(FaultLocation.Contradiction(
                device: failed, sentence: "\(model.name(ofSwitch: failed)) should have cleared the fault and left it to \(model.name(ofSwitch: clearing))"))
        }
        return found + voltageContradictions(clearing)
    }

    private func passageSentence(_ device: Int, _ passage: FaultObservation.Passage, isExpected: Bool) -> String? {
        let name = model.name(ofSwitch: device)
        switch passage {
        case .unknown: return nil
        case .passed, .passedForward:
            return isExpected ? nil : "the indicator at \(name) saw a fault current that can't have passed there"
        case .silent: return isExpected ? "the indicator at \(name) is silent although the fault current must have passed it" : nil
        case .passedReverse: return isExpected ? "the indicator at \(name) saw the fault current flow towards the source" : nil
        }
    }

    private func voltageContradictions(_ clearing: Int) -> [FaultLocation.Contradiction] {
        observation.lossOfVoltage.sorted { $0.key < $1.key }.compactMap { device, isLost in
            let fed = Int(tree.fedSection[device])
            guard fed >= 0 else { return nil }
            let shouldBeLost = tree.path(from: fed).contains(clearing)
            guard shouldBeLost != isLost else { return nil }
            let name = model.name(ofSwitch: device)
            return FaultLocation.Contradiction(device: device, sentence: isLost
                ? "\(name) lost its voltage, which \(model.name(ofSwitch: clearing)) does not take from it"
                : "\(name) still has voltage behind \(model.name(ofSwitch: clearing)), which is open")
        }
    }

    /// Every positive indication, where no section can explain any.
    func unexplained() -> [FaultLocation.Contradiction] {
        observation.passages.filter(\.value.tellsOfCurrent).keys.sorted().map {
            FaultLocation.Contradiction(device: $0, sentence: "the indicator at \(model.name(ofSwitch: $0)) saw a fault current where nothing has voltage")
        }
    }
}

import Estimation
import Grid
import LiveGrid
import PluginAPI

/// An estimator for the grid as it is joined now and the channels that have reported, and how their values become its measurements.
final class EstimationCase {
    let estimator: Estimator
    /// What each measurement of the model is made of.
    let origins: [Origin]
    let revision: Int
    let channelCount: Int
    /// The angle channels and the meters of whole injections that take part: they decide what the angles refer to, and which nodes need
    /// what is supposed of them.
    let active: Set<Int>
    /// The voltages that are left out, for they lie where those of other phases should.
    let order: PhaseOrder
    /// Measurements that were found wrong, with what was said of them; they are tried again after a while.
    private var leftOut: [Int: (until: Double, sentence: String)] = [:]
    /// What people call the nodes of the estimator: by it they are found again after a switch has operated.
    private let nodeNames: [String]
    private let nominalAngles: [Double]
    private let branchEnds: [[Int32]]
    let basePowerVA: Double
    private let settings: EstimationSettings
    private let network: Network
    private let loadChannels: [Int: PowerChannels]
    private let generatorChannels: [Int: PowerChannels]
    /// The change of the taps that the estimator knows.
    private var tapRevision: Int

    /// Where a measurement's value comes from. The phase is `.all` in a positive-sequence calculation.
    enum Origin {
        case channel(Int, phase: ChannelPhase, scale: Double)
        case angle(Int, phase: ChannelPhase)
        /// The real or imaginary part of a synchronised phasor.
        case phasor(PhasorChannels)
        /// The voltage that the grid model says of an external grid, per unit.
        case sourceVoltage(Double)
        /// The injection of a node: what its generators feed in less what its loads draw.
        case injection(InjectionTerms, isReactive: Bool)
    }

    /// The channels of a load or generator.
    struct PowerChannels {
        var active: [Int] = []
        var reactive: [Int] = []
    }

    /// The channels of a phasor's magnitude and angle.
    struct PhasorChannels {
        let magnitude: Int
        let angle: Int
        let phase: ChannelPhase
        /// From volt or ampere to per unit.
        let scale: Double
        let isImaginary: Bool
    }

    /// What an estimator is built from.
    struct Draft {
        var measurements: [Measurement] = []
        var origins: [Origin] = []
        var zeroInjections: [Int32] = []
        var loads: [Int: PowerChannels] = [:]
        var generators: [Int: PowerChannels] = [:]

        mutating func append(_ quantity: Quantity, at place: Place, _ origin: Origin, isPseudo: Bool = false) {
            // The sigma is set with the value, before every estimate.
            measurements.append(Measurement(quantity, at: place, value: 0, sigma: .infinity, origin: isPseudo ? .pseudo : .meter))
            origins.append(origin)
        }

        /// Both parts of a phasor.
        mutating func append(_ real: Quantity, _ imaginary: Quantity, at place: Place, magnitude: Int, angle: Int, _ phase: ChannelPhase, scale: Double) {
            for (quantity, isImaginary) in [(real, false), (imaginary, true)] {
                let channels = PhasorChannels(magnitude: magnitude, angle: angle, phase: phase, scale: scale, isImaginary: isImaginary)
                append(quantity, at: place, .phasor(channels))
            }
        }

        mutating func note(_ channel: Channel, _ position: Int) {
            switch channel.place {
            case .load(let load): Self.note(position, channel.kind, &loads[load, default: PowerChannels()])
            case .generator(let generator): Self.note(position, channel.kind, &generators[generator, default: PowerChannels()])
            default: break
            }
        }

        private static func note(_ position: Int, _ kind: ChannelKind, _ channels: inout PowerChannels) {
            if kind == .reactivePower { channels.reactive.append(position) } else { channels.active.append(position) }
        }
    }

    /// - Throws: ``EstimationError`` where the grid has nothing to be estimated.
    init(
        _ followed: FollowedGrid, _ board: ChannelBoard, active: Set<Int>, order: PhaseOrder = PhaseOrder(), _ settings: EstimationSettings
    ) throws(EstimationError) {
        network = followed.network
        self.settings = settings
        revision = followed.revision
        channelCount = board.channels.count
        self.active = active
        self.order = order
        tapRevision = followed.tapRevision
        let participants = Participants(board, active: active, excluded: order.channels)
        if let phasors = try followed.phasorsAlone(participants, settings) {
            (estimator, origins) = phasors
            (loadChannels, generatorChannels) = ([:], [:])
        } else {
            let draft = followed.draft(participants, settings, onlyPhasors: false)
            origins = draft.origins
            loadChannels = draft.loads
            generatorChannels = draft.generators
            estimator = Estimator(try followed.model(draft))
        }
        nodeNames = estimator.voltages.indices.map { followed.nodeName(Int32($0)) }
        branchEnds = followed.threePhase == nil ? followed.assembly.grid.branches.map { [$0.from, $0.to] } : []
        nominalAngles = followed.threePhase?.grid.nominalAngles ?? followed.assembly.grid.nominalAngles
        basePowerVA = followed.threePhase?.grid.basePowerVA ?? followed.assembly.grid.basePowerVA
    }

    /// Starts at the voltages that another case has found: next to nothing of the grid changes when a switch operates or a meter falls silent.
    func begin(at former: EstimationCase) {
        let found = former.estimator.voltages
        guard found.allSatisfy({ $0.real.isFinite && $0.imaginary.isFinite }) else { return }
        if revision == former.revision, found.count == nodeNames.count { return estimator.restart(at: found) }
        let byName = Dictionary(zip(former.nodeNames, found)) { first, _ in first }
        estimator.restart(at: zip(nodeNames, estimator.voltages).map { name, flat in byName[name] ?? flat })
    }

    /// Gives the estimator the ratios that the tap changers have now.
    func follow(_ followed: FollowedGrid) {
        guard tapRevision != followed.tapRevision else { return }
        tapRevision = followed.tapRevision
        followed.applyRatios(to: estimator)
    }

    /// Gives the estimator what the channels say now.
    /// - Parameter changed: when what is joined changed last: what was measured before says little of the flows since.
    /// - Parameter stepped: when a tap changer stepped last: what was measured before says little of the voltages since.
    /// - Returns: how many values of devices take part.
    func apply(_ board: ChannelBoard, now: Double, changed: Double, stepped: Double = -.infinity) -> Int {
        let moment = Moment(now: now, changed: changed, stepped: stepped, instant: board.commonInstant(now: now))
        leftOut = leftOut.filter { $0.value.until > now }
        let turn = commonTurn(board, moment)
        var metered = 0
        for (index, origin) in origins.enumerated() {
            var (value, sigma, isMetered) = reading(origin, board, moment, turn)
            if leftOut[index] != nil { sigma = .infinity }
            let used = estimator.measurement(index).sigma
            // A factorisation for every tick of the clock would be a waste.
            let keeps = sigma == used || abs(sigma - used) < Self.slack * used
            estimator.setMeasurement(index, value: value, sigma: keeps ? nil : sigma)
            if isMetered, sigma.isFinite { metered += 1 }
        }
        return metered
    }

    /// Leaves a measurement out for a while.
    func leaveOut(_ measurement: Int, until seconds: Double, _ sentence: String) { leftOut[measurement] = (seconds, sentence) }

    func isLeftOut(_ measurement: Int) -> Bool { leftOut[measurement] != nil }

    var leftOutCount: Int { leftOut.count }

    /// The nodes at the ends of a branch of the positive sequence; none in three phases, whose switches are told apart by their busbars.
    func nodes(ofBranch branch: Int32) -> [Int32] { branchEnds.indices.contains(Int(branch)) ? branchEnds[Int(branch)] : [] }

    /// What is said of measurements that have lost their weight in a robust estimate.
    var doubts: [String] = []

    /// What is said of the measurements that are left out, or have lost their weight.
    var suspects: [String] { order.sentences + leftOut.sorted { $0.key < $1.key }.map(\.value.sentence) + doubts }

    /// The times that a frame goes by.
    private struct Moment {
        let now: Double
        let changed: Double
        let stepped: Double
        let instant: Double?
    }

    /// How far all angles are turned against those of the unloaded grid: where the frequency is not nominal, synchronised angles turn
    /// round and round, and mean something against one another alone.
    private func commonTurn(_ board: ChannelBoard, _ moment: Moment) -> Double {
        guard let instant = moment.instant else { return 0 }
        var sum = Complex.zero
        for (index, origin) in origins.enumerated() {
            guard let (channel, phase) = voltageAngle(origin), case .node(let node) = estimator.model.measurements[index].place,
                let value = board.angle(of: channel, phase: phase, at: instant, now: moment.now)
            else { continue }
            sum += Complex(magnitude: 1, angle: value.value - nominalAngles[Int(node)])
        }
        return sum == .zero ? 0 : sum.angle
    }

    private func voltageAngle(_ origin: Origin) -> (channel: Int, phase: ChannelPhase)? {
        switch origin {
        case .angle(let channel, let phase): (channel, phase)
        case .phasor(let channels) where !channels.isImaginary: (channels.angle, channels.phase)
        default: nil
        }
    }

    /// A sigma may be wrong by so much of itself.
    private static let slack = 0.1

    private func reading(_ origin: Origin, _ board: ChannelBoard, _ moment: Moment, _ turn: Double) -> (Double, Double, Bool) {
        switch origin {
        case .channel(let position, let phase, let scale):
            guard let value = value(of: position, phase, board, moment) else { return (0, .infinity, true) }
            return (value.value * scale, value.sigma * abs(scale), true)
        case .angle(let channel, let phase):
            guard let instant = moment.instant, let value = board.angle(of: channel, phase: phase, at: instant, now: moment.now) else {
                return (0, .infinity, true)
            }
            return (Complex(magnitude: 1, angle: value.value - turn).angle, value.sigma, true)
        case .phasor(let channels): return phasor(channels, board, moment, turn)
        case .sourceVoltage(let perUnit): return (perUnit, settings.suppositions.sourceVoltageSigma, false)
        case .injection(let terms, let isReactive):
            return injection(terms, isReactive, board, moment.now)
        }
    }

    /// The value of a channel, less certain where it was measured before something changed.
    private func value(of position: Int, _ phase: ChannelPhase, _ board: ChannelBoard, _ moment: Moment) -> ChannelValue? {
        let channel = board.channels[position]
        let share = 1 / Double(max(channel.phaseCount, 1))
        guard var value = board.value(of: position, phase: phase, share: share, now: moment.now) else { return nil }
        let isVoltage = channel.kind == .voltageMagnitude
        let isBefore = value.seconds < moment.changed || (isVoltage && value.seconds < moment.stepped)
        let full = channel.full * (phase != .all && channel.kind.isPower ? share : 1)
        if isBefore { value.sigma = max(value.sigma, full * (isVoltage ? 0.03 : 0.5)) }
        return value
    }

    /// A part of a phasor, per unit, with the share of the magnitude's and the angle's uncertainty that lies in its direction.
    private func phasor(_ channels: PhasorChannels, _ board: ChannelBoard, _ moment: Moment, _ turn: Double) -> (Double, Double, Bool) {
        guard let instant = moment.instant, let magnitude = value(of: channels.magnitude, channels.phase, board, moment),
            let angle = board.angle(of: channels.angle, phase: channels.phase, at: instant, now: moment.now)
        else { return (0, .infinity, true) }
        let size = magnitude.value * channels.scale
        let direction = Complex(magnitude: 1, angle: angle.value - turn)
        let (along, across) = (magnitude.sigma * channels.scale, max(abs(size) * angle.sigma, 0.01 * magnitude.sigma * channels.scale))
        let (radial, tangential) = channels.isImaginary ? (direction.imaginary, direction.real) : (direction.real, direction.imaginary)
        let variance = radial * radial * along * along + tangential * tangential * across * across
        return (size * radial, variance.squareRoot(), true)
    }

    /// Sums what is metered and what is supposed, with the variance of both.
    private func injection(_ terms: InjectionTerms, _ isReactive: Bool, _ board: ChannelBoard, _ now: Double) -> (Double, Double, Bool) {
        if terms.meters(isReactive).contains(where: { board.value(of: $0, phase: terms.phase, share: 1, now: now)?.sigma.isFinite == true }) {
            // A meter of the whole injection tells it better.
            return (0, .infinity, false)
        }
        let parts = parts(terms, isReactive, board, now)
        return (parts.reduce(0) { $0 + $1.value }, parts.reduce(0) { $0 + $1.variance }.squareRoot(), parts.contains(where: \.isMetered))
    }

    /// The injections whose meters or suppositions are measurements of the model.
    var injections: [(measurement: Int, node: Int32, terms: InjectionTerms, isReactive: Bool)] {
        origins.indices.compactMap { index in
            guard case .injection(let terms, let isReactive) = origins[index], case .node(let node) = estimator.model.measurements[index].place
            else { return nil }
            return (index, node, terms, isReactive)
        }
    }

    /// What each load and generator of an injection feeds in, as its meter says, or else as it is supposed; per unit.
    func parts(_ terms: InjectionTerms, _ isReactive: Bool, _ board: ChannelBoard, _ now: Double) -> [LoadEstimates.Part] {
        var parts: [LoadEstimates.Part] = []
        func add(_ channels: PowerChannels?, _ isLoad: Bool, _ position: Int, share: Complex, supposed: Double, sigma: Double) {
            let metered = (isReactive ? channels?.reactive : channels?.active)?
                .compactMap { board.value(of: $0, phase: terms.phase, share: share.magnitude, now: now) }
                .filter { $0.sigma < sigma }.min { $0.sigma < $1.sigma }
            // Meters count what is drawn.
            let (value, spread) = metered.map { (-$0.value / basePowerVA, $0.sigma / basePowerVA) } ?? (supposed / basePowerVA, sigma / basePowerVA)
            parts.append(LoadEstimates.Part(isLoad: isLoad, position: position, value: value, variance: spread * spread, isMetered: metered != nil))
        }
        for (position, share) in zip(terms.loads, terms.loadShares) {
            let supposed = board.supposed.loads[position].part(share, isReactive: isReactive)
            add(loadChannels[position], true, position, share: share, supposed: -supposed.value, sigma: supposed.sigma)
        }
        for (position, share) in zip(terms.generators, terms.generatorShares) {
            let supposed = board.supposed.generators[position].part(share, isReactive: isReactive)
            add(generatorChannels[position], false, position, share: share, supposed: -supposed.value, sigma: supposed.sigma)
        }
        return parts
    }
}

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
    /// Measurements that were found wrong, with what was said of them; they are tried again after a while.
    private var leftOut: [Int: (until: Double, sentence: String)] = [:]
    private let grid: BalancedGrid
    private let settings: EstimationSettings
    private let network: Network
    private let loadChannels: [Int: PowerChannels]
    private let generatorChannels: [Int: PowerChannels]

    /// Where a measurement's value comes from.
    enum Origin {
        case channel(Int, scale: Double)
        case angle(Int)
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

    /// - Throws: ``EstimationError`` where the grid has nothing to be estimated.
    init(
        _ followed: FollowedGrid, _ board: ChannelBoard, active: Set<Int>, _ settings: EstimationSettings
    ) throws(EstimationError) {
        grid = followed.assembly.grid
        network = followed.network
        self.settings = settings
        revision = followed.revision
        channelCount = board.channels.count
        self.active = active
        var builder = Builder(followed: followed, settings: settings)
        for (position, channel) in board.channels.enumerated() where !channel.decidesStructure || active.contains(position) {
            builder.add(channel, position)
        }
        builder.addInjections()
        builder.addSources()
        origins = builder.origins
        loadChannels = builder.loads
        generatorChannels = builder.generators
        estimator = Estimator(
            try EstimationModel(grid: grid, measurements: builder.measurements, zeroInjections: builder.zeroInjections))
    }

    /// Gives the estimator what the channels say now.
    /// - Parameter changed: when what is joined changed last: what was measured before says little of the flows since.
    /// - Returns: how many values of devices take part.
    func apply(_ board: ChannelBoard, now: Double, changed: Double) -> Int {
        let moment = Moment(now: now, changed: changed, instant: board.commonInstant(now: now))
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

    /// What is said of the measurements that are left out.
    var suspects: [String] { leftOut.sorted { $0.key < $1.key }.map(\.value.sentence) }

    /// The times that a frame goes by.
    private struct Moment {
        let now: Double
        let changed: Double
        let instant: Double?
    }

    /// How far all angles are turned against those of the unloaded grid: where the frequency is not nominal, synchronised angles turn
    /// round and round, and mean something against one another alone.
    private func commonTurn(_ board: ChannelBoard, _ moment: Moment) -> Double {
        guard let instant = moment.instant else { return 0 }
        var sum = Complex.zero
        for (index, origin) in origins.enumerated() {
            guard case .angle(let channel) = origin, case .node(let node) = estimator.model.measurements[index].place,
                let value = board.angle(of: channel, at: instant, now: moment.now)
            else { continue }
            sum += Complex(magnitude: 1, angle: value.value - grid.nominalAngles[Int(node)])
        }
        return sum == .zero ? 0 : sum.angle
    }

    /// A sigma may be wrong by so much of itself.
    private static let slack = 0.1

    private func reading(_ origin: Origin, _ board: ChannelBoard, _ moment: Moment, _ turn: Double) -> (Double, Double, Bool) {
        switch origin {
        case .channel(let position, let scale):
            guard let value = board.value(of: position, now: moment.now) else { return (0, .infinity, true) }
            let channel = board.channels[position]
            let vague = value.seconds < moment.changed ? channel.full * (channel.kind == .voltageMagnitude ? 0.03 : 0.5) : 0
            return (value.value * scale, max(value.sigma, vague) * abs(scale), true)
        case .angle(let channel):
            guard let instant = moment.instant, let value = board.angle(of: channel, at: instant, now: moment.now) else {
                return (0, .infinity, true)
            }
            return (Complex(magnitude: 1, angle: value.value - turn).angle, value.sigma, true)
        case .sourceVoltage(let perUnit): return (perUnit, settings.sourceVoltageSigma, false)
        case .injection(let terms, let isReactive):
            return injection(terms, isReactive, board, moment.now)
        }
    }

    /// Sums what is metered and what is supposed, with the variance of both.
    private func injection(_ terms: InjectionTerms, _ isReactive: Bool, _ board: ChannelBoard, _ now: Double) -> (Double, Double, Bool) {
        var sum = 0.0
        var variance = 0.0
        var isMetered = false
        func add(_ channels: PowerChannels?, supposed: Double, sigma: Double) {
            let metered = (isReactive ? channels?.reactive : channels?.active)?.compactMap { board.value(of: $0, now: now) }
                .filter { $0.sigma < sigma }.min { $0.sigma < $1.sigma }
            if metered != nil { isMetered = true }
            // Meters count what is drawn.
            sum += metered.map { -$0.value } ?? supposed
            variance += metered.map { $0.sigma * $0.sigma } ?? sigma * sigma
        }
        for position in terms.loads {
            let power = network.loads[position].power ?? .zero
            let supposed = isReactive ? power.imaginary : power.real
            add(loadChannels[position], supposed: -supposed, sigma: max(settings.profileSigma * power.magnitude, settings.minimumPowerWatts))
        }
        for position in terms.generators {
            let generator = network.generators[position]
            let power = generator.power ?? .zero
            let rated = generator.ratedVA ?? power.magnitude
            let supposed = isReactive ? power.imaginary : power.real
            add(generatorChannels[position], supposed: supposed, sigma: max(settings.profileSigma * rated, settings.minimumPowerWatts))
        }
        let base = grid.basePowerVA
        return (sum / base, variance.squareRoot() / base, isMetered)
    }
}

extension EstimationCase {
    /// Lists the measurements that channels and injections give.
    private struct Builder {
        let followed: FollowedGrid
        let settings: EstimationSettings
        let terms: [InjectionTerms]
        var measurements: [Measurement] = []
        var origins: [Origin] = []
        var loads: [Int: PowerChannels] = [:]
        var generators: [Int: PowerChannels] = [:]
        /// Nodes whose whole injection a device measures, active and reactive.
        private var meteredActive: Set<Int> = []
        private var meteredReactive: Set<Int> = []

        init(followed: FollowedGrid, settings: EstimationSettings) {
            self.followed = followed
            self.settings = settings
            terms = InjectionTerms.all(followed)
        }

        private var assembly: BalancedAssembly { followed.assembly }

        /// Nothing is connected there: what flows in flows out.
        var zeroInjections: [Int32] {
            terms.indices.filter { terms[$0].isEmpty }.map(Int32.init)
        }

        private mutating func append(_ quantity: Quantity, at place: Place, _ origin: Origin, isPseudo: Bool = false) {
            // The sigma is set with the value, before every estimate.
            measurements.append(Measurement(quantity, at: place, value: 0, sigma: .infinity, origin: isPseudo ? .pseudo : .meter))
            origins.append(origin)
        }

        mutating func add(_ channel: Channel, _ position: Int) {
            switch channel.kind {
            case .voltageMagnitude: addVoltage(channel, position)
            case .voltageAngle:
                if let node = node(of: channel) { append(.voltageAngle, at: .node(node), .angle(position)) }
            case .currentMagnitude:
                guard let (place, volts) = end(of: channel) else { return }
                append(.currentMagnitude, at: place, .channel(position, scale: 3.0.squareRoot() * volts / assembly.grid.basePowerVA))
            case .activePower, .reactivePower: addPower(channel, position)
            }
        }

        private mutating func addVoltage(_ channel: Channel, _ position: Int) {
            guard let node = node(of: channel) else { return }
            let scale = 3.0.squareRoot() / assembly.grid.nominalVolts[Int(node)]
            append(.voltageMagnitude, at: .node(node), .channel(position, scale: scale))
        }

        private mutating func addPower(_ channel: Channel, _ position: Int) {
            let isReactive = channel.kind == .reactivePower
            let quantity: Quantity = isReactive ? .reactivePower : .activePower
            let scale = 1 / assembly.grid.basePowerVA
            switch channel.place {
            case .branchEnd:
                guard let (place, _) = end(of: channel) else { return }
                append(quantity, at: place, .channel(position, scale: scale))
            case .node, .externalGrid:
                // Where nothing is connected the grid itself says that nothing is fed in.
                guard let node = node(of: channel), !terms[Int(node)].isEmpty else { return }
                if isReactive { meteredReactive.insert(Int(node)) } else { meteredActive.insert(Int(node)) }
                append(quantity, at: .node(node), .channel(position, scale: scale))
            case .load(let load): Self.note(position, isReactive, &loads[load, default: PowerChannels()])
            case .generator(let generator): Self.note(position, isReactive, &generators[generator, default: PowerChannels()])
            }
        }

        private static func note(_ position: Int, _ isReactive: Bool, _ channels: inout PowerChannels) {
            if isReactive { channels.reactive.append(position) } else { channels.active.append(position) }
        }

        private func node(of channel: Channel) -> Int32? {
            let position: Int? =
                switch channel.place {
                case .node(let node): node
                case .branchEnd(let end): followed.network.terminals(of: end.equipment)[end.end].node
                case .load(let load): followed.network.loads[load].terminal.node
                case .generator(let generator): followed.network.generators[generator].terminal.node
                case .externalGrid(let external): followed.network.externalGrids[external].terminal.node
                }
            return position.flatMap { followed.node($0) }.map(Int32.init)
        }

        /// The branch end of a channel and the nominal voltage there; nil where it is not in operation.
        private func end(of channel: Channel) -> (Place, volts: Double)? {
            guard case .branchEnd(let end) = channel.place, let (branch, isFirst) = assembly.index.branch(at: end) else { return nil }
            let node = isFirst ? assembly.grid.branches[Int(branch)].from : assembly.grid.branches[Int(branch)].to
            return (.branch(branch, isFirst ? .first : .second), assembly.grid.nominalVolts[Int(node)])
        }

        /// Without any voltmeter the level of the voltages would be unknown: the model's word for the grid beyond stands in.
        mutating func addSources() {
            for source in assembly.grid.sources {
                append(.voltageMagnitude, at: .node(source.node), .sourceVoltage(source.voltage.magnitude), isPseudo: true)
            }
        }

        /// Each node with loads or generators has an injection: metered, supposed, or partly both.
        mutating func addInjections() {
            for (node, here) in terms.enumerated() where !here.isEmpty && !here.hasExternalGrid {
                let isMetered = here.loads.allSatisfy { loads[$0] != nil } && here.generators.allSatisfy { generators[$0] != nil }
                if !meteredActive.contains(node) {
                    append(.activePower, at: .node(Int32(node)), .injection(here, isReactive: false), isPseudo: !isMetered)
                }
                if !meteredReactive.contains(node) {
                    append(.reactivePower, at: .node(Int32(node)), .injection(here, isReactive: true), isPseudo: !isMetered)
                }
            }
        }
    }
}

import Estimation
import Glibc
import Grid
import LiveGrid
import LoadProfiles
import PluginAPI
import Readings

/// What is supposed of loads and generators that no device measures now, the best that is known of each: what its meter read before, a
/// forecast, its profile, the grid model.
struct SupposedPowers {
    /// A power, drawn, and how far it may be wrong.
    struct Supposition {
        /// Watt and var.
        var power: Complex
        var activeSigma: Double
        var reactiveSigma: Double
        var basis: Basis
        /// Of the reading it rests on, seconds since 1970; nil without one.
        var seconds: Double?

        /// A phase's part of it.
        func part(_ share: Complex, isReactive: Bool) -> (value: Double, sigma: Double) {
            let power = power * share
            return isReactive ? (power.imaginary, reactiveSigma * share.magnitude) : (power.real, activeSigma * share.magnitude)
        }
    }

    enum Basis: String {
        case reading, forecast, profile, model
    }

    /// By position in `Network.loads` and `Network.generators`.
    private(set) var loads: [Supposition] = []
    private(set) var generators: [Supposition] = []

    private let network: Network
    private let places: MeteringPlaces
    private let settings: EstimationSettings
    private let known: [Known]
    private var histories: [Owner: IntervalHistory] = [:]
    private var registers: [Part: RegisterMemory] = [:]
    private var forecasts: [Owner: ForecastPoints] = [:]
    private var table = ReadingTable<Target>()
    private var refreshed = -Double.infinity
    /// What came in since.
    private var isDirty = true
    private let stamps = TimeStampRule(ageSeconds: IntervalHistory.keptSeconds)

    /// The active or reactive power of a load or generator.
    private struct Owner: Hashable {
        let place: MeteringPlace
        let isReactive: Bool
    }

    /// Of what a meter counts, one phase and direction.
    private struct Part: Hashable {
        let owner: Owner
        /// See ``IntervalHistory/insert(_:part:end:length:quality:)``.
        let number: Int
    }

    /// Where a reading goes.
    private enum Target {
        case interval(Part), register(Part)
        /// To the channels; nowhere.
        case channel, nowhere
    }

    /// What is known of a load's customers.
    private struct Known {
        var shape: LoadProfile?
        var annualKilowattHours: Double?
        var customers: Int?
    }

    init(_ network: Network, places: MeteringPlaces, settings: EstimationSettings) {
        self.network = network
        self.places = places
        self.settings = settings
        var known = network.loads.map { load in
            Known(shape: settings.suppositions.shape, customers: load.customerCount > 0 ? load.customerCount : nil)
        }
        for listed in settings.suppositions.loads {
            guard case .load(let position)? = places.place(of: listed.at) else { continue }
            known[position].shape = listed.shape ?? known[position].shape
            known[position].annualKilowattHours = listed.annualKilowattHours
            known[position].customers = listed.customers ?? known[position].customers
        }
        self.known = known
        refresh(now: 0)
        refreshed = -.infinity
    }

    /// The listed loads that the grid does not have.
    var unknownLoads: [String] {
        settings.suppositions.loads.map(\.at).filter { name in
            if case .load? = places.place(of: name) { return false }
            return true
        }
    }
}

extension SupposedPowers {
    /// Takes a mean over an interval, or a register, of a load or generator.
    /// - Returns: nil for a reading that is of a channel.
    mutating func take(_ reading: NamedReading, source: Int, now: Timestamp) -> ChannelBoard.Reception? {
        // Most readings are of an instant, and go to the channels at once.
        guard reading.intervalSeconds > 0 || Self.isCounted(reading.measurand) else { return nil }
        if reading.intervalSeconds > 0, Self.isPastVoltage(reading, now) { return .ignored }
        let key = ReadingKey(reading, variant: source)
        let target = table.find(key) ?? learn(key, isInterval: reading.intervalSeconds > 0)
        let seconds = reading.time.seconds
        switch target {
        case .channel: return nil
        case .nowhere: return .ignored
        case .interval(let part):
            guard reading.intervalSeconds > 0 else { return nil }
            if let refusal = stamps.refusal(of: seconds, now: now.seconds) { return .refused(refusal) }
            insert(reading.value, part, end: seconds, length: reading.intervalSeconds, reading.quality)
        case .register(let part):
            if let refusal = stamps.refusal(of: seconds, now: now.seconds) { return .refused(refusal) }
            do throws(RegisterMemory.RegisterFault) {
                guard let mean = try registers[part, default: RegisterMemory()].take(reading.value, at: seconds) else { return .taken }
                insert(mean.watts, part, end: seconds, length: mean.length, reading.quality)
            } catch {
                return .refused(error.sentence)
            }
        }
        return .taken
    }

    /// What meters alone have: registers, and the other direction by itself.
    private static func isCounted(_ measurand: UnsafeRawBufferPointer) -> Bool {
        measurand.suffix(8).elementsEqual("_reverse".utf8) || measurand.suffix(6).elementsEqual("energy".utf8)
    }

    /// A voltage of an hour ago says little of now, one of yesterday nothing.
    private static func isPastVoltage(_ reading: NamedReading, _ now: Timestamp) -> Bool {
        guard reading.measurand.elementsEqual("voltmagnitude".utf8) || reading.measurand.elementsEqual("currmagnitude".utf8) else { return false }
        return now.seconds - reading.time.seconds > 4 * reading.intervalSeconds
    }

    private mutating func insert(_ watts: Double, _ part: Part, end: Double, length: Double, _ quality: Quality) {
        histories[part.owner, default: IntervalHistory()].insert(watts, part: part.number, end: end, length: length, quality: quality)
        isDirty = true
    }

    /// Takes a forecast's power of a load or generator, drawn, with its standard deviation.
    mutating func takeForecast(_ reading: NamedReading, now: Timestamp) -> ChannelBoard.Reception {
        guard let kind = ChannelKind(measurand: reading.measurand), kind == .activePower || kind == .reactivePower, reading.phase.isEmpty,
            let place = place(device: reading.device, component: reading.component)
        else { return .ignored }
        guard let sigma = reading.uncertainty else { return .refused("a forecast needs an uncertainty, its standard deviation") }
        let owner = Owner(place: place, isReactive: kind == .reactivePower)
        forecasts[owner, default: ForecastPoints()].insert(reading.value, sigma: sigma, seconds: reading.time.seconds, now: now.seconds)
        isDirty = true
        return .taken
    }

    private mutating func learn(_ key: ReadingKey, isInterval: Bool) -> Target {
        let target = target(of: key, isInterval: isInterval)
        // Instants and intervals of one name are told apart reading by reading.
        if case .channel = target, !isInterval { return target }
        if table.count < 1_000_000 { table.insert(key, target) }
        return target
    }

    private func target(of key: ReadingKey, isInterval: Bool) -> Target {
        let name = String(decoding: key.measurand, as: UTF8.self)
        let isReverse = name.hasSuffix("_reverse")
        let stem = isReverse ? String(name.dropLast("_reverse".count)) : name
        let isRegister = stem == "activeenergy" || stem == "reactiveenergy"
        guard isRegister || isReverse || isInterval else { return .channel }
        guard isRegister || stem == "activepower" || stem == "reactivepower" else { return .channel }
        guard let phase = ChannelPhase(key.phase), let place = place(device: key.device, component: key.component) else {
            return isRegister || isReverse ? .nowhere : .channel
        }
        let phaseNumber =
            switch phase {
            case .a: 1
            case .b: 2
            case .c: 3
            default: 0
            }
        let owner = Owner(place: place, isReactive: stem.hasPrefix("re"))
        let part = Part(owner: owner, number: phaseNumber + (isReverse ? 4 : 0))
        return isRegister ? .register(part) : .interval(part)
    }

    /// The load or generator that names mean: as the configuration says, the component's, or the device's.
    private func place(device: UnsafeRawBufferPointer, component: UnsafeRawBufferPointer) -> MeteringPlace? {
        let device = String(decoding: device, as: UTF8.self)
        let component = String(decoding: component, as: UTF8.self)
        let listed = settings.places.first { $0.device == device && ($0.component == component || $0.component.isEmpty) }
        for name in [listed?.at ?? component, device] where !name.isEmpty {
            switch places.place(of: name) {
            case .load(let position): return .load(position)
            case .generator(let position): return .generator(position)
            case .some: return nil
            case nil: continue
            }
        }
        return nil
    }
}

extension SupposedPowers {
    /// Brings what is supposed to an instant: when something came in, and every few seconds.
    /// - Parameter now: seconds since 1970.
    mutating func refresh(now: Double) {
        guard isDirty || now - refreshed >= Self.period || now < refreshed else { return }
        (refreshed, isDirty) = (now, false)
        loads = network.loads.indices.map { load($0, now) }
        generators = network.generators.indices.map { generator($0, now) }
    }

    private static let period = 10.0

    private func load(_ position: Int, _ now: Double) -> Supposition {
        let known = known[position]
        let power = network.loads[position].power ?? .zero
        var best = model(power, rated: power.magnitude)
        if let profile = profile(known, power, now) { best = profile }
        return better(best, .load(position), customers: known.customers, tangent: tangent(power), now)
    }

    private func generator(_ position: Int, _ now: Double) -> Supposition {
        let generator = network.generators[position]
        let power = generator.power ?? .zero
        return better(
            model(.zero - power, rated: generator.ratedVA ?? power.magnitude), .generator(position), customers: nil, tangent: 0, now)
    }

    private func model(_ power: Complex, rated: Double) -> Supposition {
        let sigma = max(settings.suppositions.modelSigma * rated, settings.suppositions.minimumPowerWatts)
        return Supposition(power: power, activeSigma: sigma, reactiveSigma: sigma, basis: .model)
    }

    private func profile(_ known: Known, _ power: Complex, _ now: Double) -> Supposition? {
        guard let shape = known.shape else { return nil }
        let energy =
            known.annualKilowattHours
            ?? (settings.suppositions.modelPower == .peak ? shape.annualKilowattHours(peakWatts: abs(power.real)) : abs(power.real) * 8.76)
        guard energy > 0 else { return nil }
        let watts = shape.watts(annualKilowattHours: energy, at: now, site: settings.suppositions.site)
        var sigma = ProfileUncertainty.usual(shape).sigmaWatts(annualKilowattHours: energy, customers: known.customers)
        // An energy that was made of a rating is a guess itself.
        if known.annualKilowattHours == nil { sigma = hypot(sigma, Self.ratingDoubt * watts) }
        return supposition(watts, sigma: sigma, tangent: tangent(power), .profile, seconds: nil)
    }

    /// How far the energy that a rating makes likely may be wrong, of itself.
    private static let ratingDoubt = 0.4

    private func tangent(_ power: Complex) -> Double {
        if power.real != 0 { return power.imaginary / power.real }
        let cosine = settings.suppositions.powerFactor
        return (1 / (cosine * cosine) - 1).squareRoot()
    }

    /// With the reactive power that the power factor makes likely, which is a guess of its own.
    private func supposition(_ watts: Double, sigma: Double, tangent: Double, _ basis: Basis, seconds: Double?) -> Supposition {
        let least = settings.suppositions.minimumPowerWatts
        let reactive = watts * tangent
        return Supposition(
            power: Complex(watts, reactive), activeSigma: max(sigma, least), reactiveSigma: max(hypot(tangent * sigma, 0.5 * reactive), least),
            basis: basis, seconds: seconds)
    }

    /// What forecasts and readings say where they are surer.
    private func better(_ supposed: Supposition, _ place: MeteringPlace, customers: Int?, tangent: Double, _ now: Double) -> Supposition {
        var best = supposed
        if let active = forecasts[Owner(place: place, isReactive: false)]?.value(now: now), active.sigma <= best.activeSigma {
            best = supposition(active.value, sigma: active.sigma, tangent: tangent, .forecast, seconds: nil)
            if let reactive = forecasts[Owner(place: place, isReactive: true)]?.value(now: now) { best.setReactive(reactive.value, reactive.sigma, settings) }
        }
        if let active = histories[Owner(place: place, isReactive: false)]?.prediction(now: now, customers: customers), active.sigma <= best.activeSigma {
            best = supposition(active.value, sigma: active.sigma, tangent: tangent, .reading, seconds: active.seconds)
            if let reactive = histories[Owner(place: place, isReactive: true)]?.prediction(now: now, customers: customers) {
                best.setReactive(reactive.value, reactive.sigma, settings)
            }
        }
        return best
    }
}

extension SupposedPowers.Supposition {
    fileprivate mutating func setReactive(_ value: Double, _ sigma: Double, _ settings: EstimationSettings) {
        power.imaginary = value
        reactiveSigma = max(sigma, settings.suppositions.minimumPowerWatts)
    }
}

/// A forecast's powers by the time they are for.
struct ForecastPoints {
    private var points: [(seconds: Double, value: Double, sigma: Double)] = []
    private static let most = 4_096
    /// A point holds until the next one, at most so long.
    private static let holds = 7_200.0

    mutating func insert(_ value: Double, sigma: Double, seconds: Double, now: Double) {
        points.removeAll { $0.seconds == seconds || $0.seconds < now - Self.holds }
        guard points.count < Self.most, seconds >= now - Self.holds else { return }
        let position = points.firstIndex { $0.seconds > seconds } ?? points.count
        points.insert((seconds, value, sigma), at: position)
    }

    func value(now: Double) -> (value: Double, sigma: Double)? {
        guard let point = points.last(where: { $0.seconds <= now }), now - point.seconds <= Self.holds else { return nil }
        return (point.value, point.sigma)
    }
}

import Estimation
import Glibc
import Grid
import LiveGrid
import PluginAPI
import Readings

/// The latest of all that devices measure in the grid.
struct ChannelBoard {
    private(set) var channels: [Channel] = []
    /// What stands in for what no channel measures.
    var supposed: SupposedPowers
    private let places: MeteringPlaces
    let settings: EstimationSettings
    private var table = ReadingTable<Slot>()
    private var positions: [Name: Int] = [:]
    private let stamps = TimeStampRule()

    /// Where a reading goes; nowhere if nothing in the grid is called so.
    private struct Slot {
        var channel: Int32
        var phase: ChannelPhase
        static let nowhere = Slot(channel: -1, phase: .all)
    }

    /// A channel is one device's: two devices that measure the same are two channels.
    private struct Name: Hashable {
        var place: MeteringPlace
        var kind: ChannelKind
        var device: String
    }

    /// What became of a reading.
    enum Reception: Equatable {
        case taken
        /// It says nothing about the state, or of nothing in this grid.
        case ignored
        case refused(String)
    }

    init(_ network: Network, places: MeteringPlaces, settings: EstimationSettings) {
        supposed = SupposedPowers(network, places: places, settings: settings)
        self.places = places
        self.settings = settings
    }

    /// The channel of the same device and place that measures something else.
    func partner(of position: Int, _ kind: ChannelKind) -> Int? {
        positions[Name(place: channels[position].place, kind: kind, device: channels[position].device)]
    }

    /// Takes a reading of a source of measurements.
    mutating func take(_ reading: NamedReading, source: Int, now: Timestamp) -> Reception {
        if let reception = supposed.take(reading, source: source, now: now) { return reception }
        let key = ReadingKey(reading, variant: source)
        let slot = table.find(key) ?? makeSlot(key)
        guard slot.channel >= 0 else { return .ignored }
        let seconds = Double(reading.time.nanoseconds) / 1e9
        if let refusal = stamps.refusal(of: seconds, now: Double(now.nanoseconds) / 1e9) { return .refused(refusal) }
        set(Int(slot.channel), slot.phase, reading, seconds)
        return .taken
    }

    private mutating func set(_ channel: Int, _ phase: ChannelPhase, _ reading: NamedReading, _ seconds: Double) {
        // An older value than the one that is there comes too late.
        guard seconds >= channels[channel].phases[phase.rawValue].seconds else { return }
        channels[channel].phases[phase.rawValue] = PhaseValue(
            value: reading.value, seconds: seconds, sigma: reading.uncertainty, quality: reading.quality)
        guard channels[channel].kind.isAngle else { return }
        channels[channel].instants.insert((seconds, reading.value, phase), at: 0)
        if channels[channel].instants.count > Channel.keptInstants { channels[channel].instants.removeLast() }
    }

    private mutating func makeSlot(_ key: ReadingKey) -> Slot {
        let slot = newSlot(key)
        // Names that mean nothing are remembered too, but not without end.
        if slot.channel >= 0 || table.count < Self.mostNames { table.insert(key, slot) }
        return slot
    }

    private static let mostNames = 1_000_000

    private mutating func newSlot(_ key: ReadingKey) -> Slot {
        guard let kind = ChannelKind(measurand: key.measurand), let phase = ChannelPhase(key.phase) else { return .nowhere }
        let device = String(decoding: key.device, as: UTF8.self)
        let component = String(decoding: key.component, as: UTF8.self)
        let called = settings.places.first { $0.device == device && ($0.component == component || $0.component.isEmpty) }?.at ?? component
        guard let place = places.place(of: called.isEmpty ? device : called) else { return .nowhere }
        let name = Name(place: place, kind: kind, device: device)
        if let known = positions[name] { return Slot(channel: Int32(known), phase: phase) }
        positions[name] = channels.count
        let extent = places.extent(of: place)
        let full =
            switch kind {
            case .voltageMagnitude, .voltageAngle: extent.volts / 3.0.squareRoot()
            case .currentMagnitude, .currentAngle: extent.amperes
            case .activePower, .reactivePower: max(extent.power, settings.suppositions.minimumPowerWatts)
            }
        channels.append(
            Channel(
                place: place, kind: kind, device: device, meterClass: settings.sources[key.variant].meterClass,
                label: component.isEmpty || component == device ? device : "\(device) \(component)", phaseCount: extent.phases, full: full))
        return Slot(channel: Int32(channels.count - 1), phase: phase)
    }
}

/// What a channel says now, for all phases together.
struct ChannelValue {
    /// Volt from phase to ground, ampere, watt or var of three phases, radian.
    var value: Double
    /// In the same unit, grown with age; infinite where it has expired.
    var sigma: Double
    /// Of the oldest phase.
    var seconds: Double
}

extension ChannelBoard {
    /// Magnitudes and powers of a channel; nil while it has no valid value.
    ///
    /// Voltages and currents are means over the phases that there are, powers are scaled up to the phases of the place.
    func value(of position: Int, now: Double) -> ChannelValue? {
        let channel = channels[position]
        let phases = valid(channel)
        guard !phases.isEmpty else { return nil }
        let sum = phases.reduce(0) { $0 + $1.value }
        let isTotal = channel.phases[ChannelPhase.all.rawValue].seconds > -.infinity
        let factor = isTotal ? 1 : channel.kind.isPower ? Double(max(channel.phaseCount, phases.count)) / Double(phases.count) : 1 / Double(phases.count)
        let value = sum * factor
        let seconds = phases.map(\.seconds).min() ?? now
        return ChannelValue(value: value, sigma: sigma(channel, phases, value: value, factor: factor, age: now - seconds), seconds: seconds)
    }

    /// The angle of the positive sequence at an instant; nil where the channel has no synchronised value of it.
    func angle(of position: Int, at instant: Double, now: Double) -> ChannelValue? {
        let channel = channels[position]
        let meterClass = settings.classes[channel.meterClass]
        guard !channel.phases.contains(where: { $0.quality.contains(.clockNotSynchronised) || $0.quality.contains(.invalid) }) else { return nil }
        let values = channel.instants.filter { abs($0.seconds - instant) < Self.sameInstant }
        guard !values.isEmpty else { return nil }
        let (x, y) = values.reduce((0.0, 0.0)) { ($0.0 + cos($1.value + $1.phase.lag), $0.1 + sin($1.value + $1.phase.lag)) }
        let told = channel.phases.compactMap(\.sigma).max()
        return ChannelValue(value: atan2(y, x), sigma: angleSigma(meterClass, told: told, age: now - instant), seconds: instant)
    }

    func angleSigma(_ meterClass: MeterClass, told: Double?, age: Double) -> Double {
        // Angles of one instant fit together however old they are; the grid moves on meanwhile.
        meterClass.ageing.sigma(told ?? meterClass.angleSigma, scale: 1, ageSeconds: max(0, age))
    }

    /// Of the channels that decide how the estimate is built, those that have a value now.
    func active(now: Double) -> Set<Int> {
        let instant = commonInstant(now: now)
        return Set(
            channels.indices.filter { position in
                guard channels[position].decidesStructure else { return false }
                guard channels[position].kind.isAngle else { return value(of: position, now: now)?.sigma.isFinite == true }
                return instant.flatMap { angle(of: position, at: $0, now: now) }?.sigma.isFinite == true
            })
    }

    /// The latest instant of which most of the angle channels have a value, of those of the last seconds: PMUs that fell silent have no say.
    func commonInstant(now: Double) -> Double? {
        var votes: [Int64: (seconds: Double, count: Int)] = [:]
        for channel in channels where channel.kind.isAngle {
            var counted: Int64?
            for instant in channel.instants where now - instant.seconds < Self.oldestInstant {
                let key = Int64((instant.seconds / Self.sameInstant).rounded())
                guard key != counted else { continue }
                counted = key
                votes[key] = (instant.seconds, (votes[key]?.count ?? 0) + 1)
            }
        }
        let most = votes.values.map(\.count).max() ?? 0
        return votes.values.filter { $0.count == most }.map(\.seconds).max()
    }

    /// Seconds after which an instant is no longer one that PMUs may agree on.
    private static let oldestInstant = 10.0

    /// A PMU reports at most 200 times a second.
    static let sameInstant = 0.0025

    private func valid(_ channel: Channel) -> [PhaseValue] {
        let total = channel.phases[ChannelPhase.all.rawValue]
        if total.seconds > -.infinity { return total.quality.contains(.invalid) ? [] : [total] }
        return channel.phases.filter { $0.seconds > -.infinity && !$0.quality.contains(.invalid) }
    }

    func sigma(_ channel: Channel, _ phases: [PhaseValue], value: Double, factor: Double, age: Double) -> Double {
        let meterClass = settings.classes[channel.meterClass]
        // A voltage is known to a share of the nominal one, so that a dead voltage transformer has no more weight than others; what flows, to
        // a share of itself, and near zero of a tenth of what may flow.
        let own =
            switch channel.kind {
            case .voltageMagnitude, .voltageAngle: meterClass.voltageSigma * channel.full
            case .currentMagnitude, .currentAngle: meterClass.currentSigma * max(abs(value), 0.1 * channel.full)
            case .activePower, .reactivePower: meterClass.powerSigma * max(abs(value), 0.1 * channel.full)
            }
        let told = phases.compactMap(\.sigma).map { $0 * $0 }
        var fresh = told.count == phases.count && !told.isEmpty ? factor * told.reduce(0, +).squareRoot() : own
        if phases.contains(where: { !$0.quality.isDisjoint(with: [.questionable, .substituted, .estimated]) }) { fresh *= 3 }
        return meterClass.ageing.sigma(fresh, scale: max(abs(value), 0.1 * channel.full), ageSeconds: max(0, age))
    }
}

import Glibc
import PluginAPI

extension ChannelBoard {
    /// Magnitude or power of one phase of a channel; nil while it has no valid value.
    ///
    /// What a device tells of all phases together is of each one too, but less certain, because they are hardly ever alike.
    /// - Parameter share: the phase's part of a power of all phases.
    func value(of position: Int, phase: ChannelPhase, share: Double, now: Double) -> ChannelValue? {
        guard phase != .all else { return value(of: position, now: now) }
        let channel = channels[position]
        let own = channel.phases[phase.rawValue]
        if own.seconds > -.infinity {
            guard !own.quality.contains(.invalid) else { return nil }
            let sigma = sigma(channel, [own], value: own.value, factor: 1, age: now - own.seconds)
            return ChannelValue(value: own.value, sigma: sigma, seconds: own.seconds)
        }
        guard channel.phases[ChannelPhase.all.rawValue].seconds > -.infinity, var whole = value(of: position, now: now) else { return nil }
        let part = channel.kind.isPower ? share : 1
        let spread = channel.kind == .voltageMagnitude ? Self.voltageSpread : Self.flowSpread
        whole.value *= part
        whole.sigma = hypot(whole.sigma * part, spread * whole.value)
        return whole
    }

    /// Standard deviation of a phase's voltage from the mean of the phases, of the mean: EN 50160 takes an unbalance of up to 2 %.
    private static let voltageSpread = 0.01
    /// The same of currents and powers.
    private static let flowSpread = 0.3

    /// The angle of one phase at an instant; nil where the channel has no synchronised value of it.
    func angle(of position: Int, phase: ChannelPhase, at instant: Double, now: Double) -> ChannelValue? {
        guard phase != .all else { return angle(of: position, at: instant, now: now) }
        let channel = channels[position]
        let own = channel.phases[phase.rawValue]
        guard own.seconds > -.infinity else {
            // The positive sequence, supposed of a symmetrical system.
            guard channel.phases[ChannelPhase.all.rawValue].seconds > -.infinity, var whole = angle(of: position, at: instant, now: now) else {
                return nil
            }
            whole.value -= phase.lag
            whole.sigma = hypot(whole.sigma, channel.kind == .voltageAngle ? Self.voltageSpread : Self.flowSpread)
            return whole
        }
        guard !own.quality.contains(.clockNotSynchronised), !own.quality.contains(.invalid),
            let known = channel.instants.first(where: { $0.phase == phase && abs($0.seconds - instant) < Self.sameInstant })
        else { return nil }
        let sigma = angleSigma(settings.classes[channel.meterClass], told: own.sigma, age: now - instant)
        return ChannelValue(value: known.value, sigma: sigma, seconds: instant)
    }
}

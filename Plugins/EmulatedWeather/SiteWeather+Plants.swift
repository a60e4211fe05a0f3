internal import Glibc

/// What plants make of the weather, as shares of their rated power.
extension SiteWeather {
    /// Of photovoltaics: the irradiance, 7 % lost on the way, and clouds that pass over this plant and not over others.
    /// - Parameter name: of the plant, which tells its clouds from others'.
    /// - Returns: 0 … 1.
    public func photovoltaicShare(of name: String, at time: Double) -> Double {
        let passing = 1 + 0.05 * noise.wander(SmoothNoise.key(name) &+ 2, at: time, every: 300)
        return min(1, max(0, 0.93 * irradiance(at: time) / 1000 * passing))
    }

    /// Of wind turbines: a cubic rise from 3 to 12 m/s at the hub.
    /// - Returns: 0 … 1.
    public func windShare(at time: Double) -> Double {
        let hub = windSpeed(at: time) * 1.45
        return min(1, max(0, (pow(hub, 3) - 27) / (1_728 - 27)))
    }
}

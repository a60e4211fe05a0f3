import Glibc
import LoadProfiles
import SiteCalendar

/// What customers draw and what their roofs generate, as functions of time: standard load profiles, each customer's own wandering about them, the sun.
struct CustomerPower {
    let weather: SiteWeather
    let noise: SmoothNoise
    private let site: ProfileSite

    init(weather: SiteWeather, noise: SmoothNoise) {
        (self.weather, self.noise) = (weather, noise)
        site = ProfileSite(zone: weather.zone, holidays: HolidayCalendar(country: "DE"))
    }

    /// Active power that the customers at a load draw without their assets, kW.
    func load(_ customer: SiteDescription.Customer, at time: Double) -> Double {
        let profile = LoadProfile(rawValue: customer.shape.rawValue) ?? .household
        let mean = profile.watts(annualKilowattHours: customer.annualKilowattHours, at: time, site: site) / 1000
        let key = SmoothNoise.key(customer.at)
        // One household differs from its profile by about its mean, many together by little (the law of LoadProfiles); all share the day's mood.
        let own = min(0.8, 0.9 / Double(customer.count).squareRoot() + 0.03)
        let wander = 0.8 * noise.wander(key, at: time, every: 1_800) + 0.6 * noise.wander(key &+ 1, at: time, every: 14_400)
        // Between its knots the wandering is smaller: its variance is three quarters of that at them.
        return mean * exp(own * wander - 0.375 * own * own) * (1 + 0.04 * noise.wander(11, at: time, every: 43_200))
    }

    /// What the roof generates unless it is told otherwise, kW.
    func generation(kilowatts: Double, name: String, at time: Double) -> Double {
        guard kilowatts > 0 else { return 0 }
        let passing = 1 + 0.05 * noise.wander(SmoothNoise.key(name) &+ 2, at: time, every: 300)
        return kilowatts * min(1, max(0, 0.93 * weather.irradiance(at: time) / 1000 * passing))
    }

    /// What a wind plant generates, kW: a cubic rise from 3 to 12 m/s at the hub.
    func wind(kilowatts: Double, at time: Double) -> Double {
        let hub = weather.windSpeed(at: time) * 1.45
        return kilowatts * min(1, max(0, (pow(hub, 3) - 27) / (1_728 - 27)))
    }

    /// The mean of a function over an interval, from five instants of it.
    static func mean(from begin: Double, seconds: Double, of power: (Double) -> Double) -> Double {
        (0..<5).reduce(0.0) { $0 + power(begin + (Double($1) + 0.5) * seconds / 5) } / 5
    }
}

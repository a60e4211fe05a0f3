import EmulatedWeather
import Glibc
import LoadProfiles
import SiteCalendar

/// What customers draw as a function of time: standard load profiles, each customer's own wandering about them.
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
}

internal import Glibc
public import SiteCalendar

/// The weather of a place as a function of time (seconds since 1970), and what a forecast of it would have said: season, day, weeks that differ, a clear sky behind clouds.
public struct SiteWeather: Sendable {
    public let place: Place
    /// Season and hour are those of its clock.
    public let zone: SiteZone
    public let noise: SmoothNoise

    public init(place: Place, zone: SiteZone, noise: SmoothNoise) {
        (self.place, self.zone, self.noise) = (place, zone, noise)
    }

    /// Degrees Celsius.
    /// - Parameter lead: hours before it that a forecast was made; nil is what came true.
    public func temperature(at time: Double, lead: Double? = nil) -> Double {
        let local = zone.local(Int(time))
        // The farther from the equator, the colder and the more season.
        let mean = 29 - 0.38 * abs(place.latitude), swing = 0.19 * abs(place.latitude)
        let season = -cos(2 * .pi * Double(local.day.dayOfYear - 20) / 365)
        let ofDay = -cos(2 * .pi * (Double(local.secondOfDay) / 86_400 - 0.13))
        let error = lead.map { (0.4 + 0.02 * $0) * noise.wander(77, at: time, every: 43_200) } ?? 0
        return mean + swing * season + 4 * ofDay + 3 * noise.wander(3, at: time, every: 259_200) + error
    }

    /// Global horizontal irradiance in W/m².
    /// - Parameter lead: as above.
    public func irradiance(at time: Double, lead: Double? = nil) -> Double {
        let clear = ClearSky.globalHorizontal(cosineOfZenith: SunPosition(at: place, time: time).cosineOfZenith)
        return clear * transmission(at: time, lead: lead)
    }

    /// The share of the clear sky's irradiance that clouds let through, 0.08 … 1: sunnier towards the south; passing clouds nobody forecasts.
    public func transmission(at time: Double, lead: Double? = nil) -> Double {
        let usual = min(0.85, 0.62 + 0.012 * max(0, 52 - abs(place.latitude)))
        let slow = usual + 0.3 * noise.wander(5, at: time, every: 72_000)
        let fast = lead == nil ? 0.14 * noise.wander(6, at: time, every: 5_400) + 0.07 * noise.wander(8, at: time, every: 600) : 0
        let error = lead.map { (0.03 + 0.002 * $0) * noise.wander(78, at: time, every: 21_600) } ?? 0
        return min(1, max(0.08, slow + fast + error))
    }

    /// Metres per second at ten metres.
    public func windSpeed(at time: Double, lead: Double? = nil) -> Double {
        let error = lead.map { (0.2 + 0.02 * $0) * noise.wander(79, at: time, every: 21_600) } ?? 0
        return max(0, 4.2 + 2 * noise.wander(9, at: time, every: 90_000) + (lead == nil ? 0.5 * noise.wander(10, at: time, every: 900) : 0) + error)
    }
}

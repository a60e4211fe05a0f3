import Glibc

/// A place on the earth.
public struct Place: Hashable, Sendable {
    /// Degrees, north positive.
    public let latitude: Double
    /// Degrees, east positive.
    public let longitude: Double

    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }
}

/// Where the sun stands, seen from a place, without refraction.
///
/// PSA algorithm: M. Blanco-Muriel, D. C. Alarcón-Padilla, T. López-Moratalla, M. Lara-Coira, Computing the solar vector, Solar Energy
/// 70 (2001) 431–441; within 0.01 degrees between 1999 and 2015, 0.05 until 2050.
public struct SunPosition: Hashable, Sendable {
    /// Angle from the zenith in radian; above π/2 the sun is down.
    public let zenith: Double
    /// Clockwise from north, in radian, 0 ..< 2π.
    public let azimuth: Double

    /// The sine of the height above the horizon.
    public var cosineOfZenith: Double { cos(zenith) }
    /// Height above the horizon in degrees.
    public var elevationDegrees: Double { 90 - zenith * 180 / .pi }

    /// - Parameter time: seconds since 1970, UTC.
    public init(at place: Place, time: Double) {
        let days = time / 86_400 - 10_957.5  // Since 2000-01-01 12:00.
        let hour = (time / 86_400 - (time / 86_400).rounded(.down)) * 24
        let omega = 2.1429 - 0.0010394594 * days
        let anomaly = 6.2400600 + 0.0172019699 * days
        let longitude = 4.8950630 + 0.017202791698 * days + 0.03341607 * sin(anomaly) + 0.00034894 * sin(2 * anomaly) - 0.0001134
            - 0.0000203 * sin(omega)
        let obliquity = 0.4090928 - 6.2140e-9 * days + 0.0000396 * cos(omega)
        let rightAscension = atan2(cos(obliquity) * sin(longitude), cos(longitude))
        let declination = asin(sin(obliquity) * sin(longitude))
        let siderealHours = 6.6974243242 + 0.0657098283 * days + hour
        let hourAngle = (siderealHours * 15 + place.longitude) * .pi / 180 - rightAscension
        let latitude = place.latitude * .pi / 180
        let cosine = cos(latitude) * cos(hourAngle) * cos(declination) + sin(declination) * sin(latitude)
        let geocentric = acos(min(1, max(-1, cosine)))
        zenith = geocentric + 6371.01 / 149_597_890 * sin(geocentric)  // Parallax.
        let direction = atan2(-sin(hourAngle), tan(declination) * cos(latitude) - sin(latitude) * cos(hourAngle))
        azimuth = direction < 0 ? direction + 2 * .pi : direction
    }
}

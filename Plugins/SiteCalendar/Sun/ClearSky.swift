import Glibc

/// Irradiance of a cloudless sky.
public enum ClearSky {
    /// Global horizontal irradiance in W/m² by the cosine of the zenith angle alone: Haurwitz (1945, 1946) with the coefficients of M. J. Reno,
    /// C. W. Hansen, J. S. Stein, Global Horizontal Irradiance Clear Sky Models, Sandia report SAND2012-2389, which finds it the best of
    /// the models that need no knowledge of the air.
    public static func globalHorizontal(cosineOfZenith: Double) -> Double {
        cosineOfZenith > 0 ? 1098 * cosineOfZenith * exp(-0.059 / cosineOfZenith) : 0
    }

    /// Irradiance outside of the atmosphere on a plane that faces the sun, in W/m² (J. W. Spencer, Search 2 (1971) 172; solar constant 1361).
    /// - Parameter dayOfYear: from 1.
    public static func extraterrestrial(dayOfYear: Int) -> Double {
        let angle = 2 * Double.pi * Double(dayOfYear - 1) / 365
        return 1361 * (1.00011 + 0.034221 * cos(angle) + 0.00128 * sin(angle) + 0.000719 * cos(2 * angle) + 0.000077 * sin(2 * angle))
    }

    /// The diffuse share of the global irradiance by the clearness index (D. G. Erbs, S. A. Klein, J. A. Duffie, Solar Energy 28 (1982) 293–302).
    public static func diffuseShare(clearness: Double) -> Double {
        let k = min(1, max(0, clearness))
        if k <= 0.22 { return 1 - 0.09 * k }
        return k <= 0.8 ? 0.9511 + k * (-0.1604 + k * (4.388 + k * (-16.638 + k * 12.336))) : 0.165
    }
}

/// The plane of a photovoltaic plant.
public struct ModulePlane: Hashable, Sendable {
    /// From the horizontal, in radian.
    public let tilt: Double
    /// Where it faces, clockwise from north, in radian.
    public let azimuth: Double

    /// Takes degrees: tilt 0 lies flat, azimuth 180 faces south.
    public init(tiltDegrees: Double, azimuthDegrees: Double) {
        tilt = tiltDegrees * .pi / 180
        azimuth = azimuthDegrees * .pi / 180
    }

    /// Irradiance on the plane in W/m²: beam by geometry, diffuse isotropic (B. Y. H. Liu, R. C. Jordan, 1963), ground with albedo 0.2.
    /// - Parameter globalHorizontal: in W/m², measured, forecast or of a clear sky.
    public func irradiance(globalHorizontal: Double, sun: SunPosition, dayOfYear: Int) -> Double {
        let cosine = sun.cosineOfZenith
        guard cosine > 0, globalHorizontal > 0 else { return 0 }
        // Near the horizon the quotients of small numbers mean nothing: the beam is taken as of three degrees.
        let bounded = max(cosine, 0.052)
        let clearness = globalHorizontal / (ClearSky.extraterrestrial(dayOfYear: dayOfYear) * bounded)
        let diffuse = globalHorizontal * ClearSky.diffuseShare(clearness: clearness)
        let beam = (globalHorizontal - diffuse) / bounded
        let incidence = cosine * cos(tilt) + sin(sun.zenith) * sin(tilt) * cos(sun.azimuth - azimuth)
        return beam * max(0, incidence) + diffuse * (1 + cos(tilt)) / 2 + globalHorizontal * 0.2 * (1 - cos(tilt)) / 2
    }
}

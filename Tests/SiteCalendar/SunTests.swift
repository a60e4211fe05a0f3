import Foundation
import SiteCalendar
import Testing

@Suite("Sun and clear sky")
struct SunTests {
    /// I. Reda, A. Andreas, Solar Position Algorithm for Solar Radiation Applications, NREL/TP-560-34302, appendix A.5: Golden, Colorado,
    /// 2003-10-17 12:30:30 at UTC-7; topocentric elevation without refraction 39.872046 degrees, azimuth 194.34024.
    @Test("The sun stands where the reference algorithm of NREL has it")
    func position() {
        let sun = SunPosition(at: Place(latitude: 39.742476, longitude: -105.1786), time: 1_066_419_030)
        #expect(abs(sun.elevationDegrees - 39.872046) < 0.01)
        #expect(abs(sun.azimuth * 180 / .pi - 194.34024) < 0.01)
    }

    @Test("At the equinox the day has twelve hours everywhere, at midsummer the polar circle has no night")
    func days() {
        func hours(_ latitude: Double, _ day: CivilDate) -> Double {
            let start = Double(day.daysSince1970) * 86_400
            let up = (0..<1440).filter { SunPosition(at: Place(latitude: latitude, longitude: 0), time: start + Double($0) * 60).cosineOfZenith > 0 }
            return Double(up.count) / 60
        }
        for latitude in [-60.0, -30, 0, 30, 60] { #expect(abs(hours(latitude, CivilDate(2026, 3, 20)) - 12) < 0.15) }
        #expect(hours(68, CivilDate(2026, 6, 21)) == 24)
        #expect(hours(-68, CivilDate(2026, 6, 21)) == 0)
    }

    /// Elevations and irradiances of the test of pvlib-python's `haurwitz`.
    @Test("A clear sky gives the irradiance that Haurwitz' formula has in the literature", arguments: [
        (-20.0, 0.0), (-0.05, 0), (5, 48.6298687941956), (10, 135.741748091813), (30, 487.894132885425), (50, 778.766689344363),
        (90, 1035.09203253450),
    ])
    func haurwitz(elevation: Double, irradiance: Double) {
        let cosine = sin(elevation * .pi / 180)
        #expect(abs(ClearSky.globalHorizontal(cosineOfZenith: cosine) - irradiance) < 1e-6 * max(1, irradiance))
    }

    @Test("Erbs' diffuse share is continuous, and extraterrestrial irradiance has its extremes in January and July")
    func diffuse() {
        for edge in [0.22, 0.8] {
            let step = abs(ClearSky.diffuseShare(clearness: edge - 1e-9) - ClearSky.diffuseShare(clearness: edge + 1e-9))
            #expect(step < 0.01)
        }
        #expect(abs(ClearSky.extraterrestrial(dayOfYear: 3) - 1361 * 1.0351) < 3)
        #expect(abs(ClearSky.extraterrestrial(dayOfYear: 185) - 1361 * 0.9666) < 3)
    }

    @Test("A plane that lies flat gets the horizontal irradiance, one that faces the low sun more, one that turns away only what is diffuse")
    func planes() {
        let noon = SunPosition(at: Place(latitude: 51, longitude: 7), time: 1_766_316_000)  // 2025-12-21 11:20 UTC
        let horizontal = ClearSky.globalHorizontal(cosineOfZenith: noon.cosineOfZenith)
        func on(_ tilt: Double, _ azimuth: Double) -> Double {
            ModulePlane(tiltDegrees: tilt, azimuthDegrees: azimuth).irradiance(globalHorizontal: horizontal, sun: noon, dayOfYear: 355)
        }
        #expect(abs(on(0, 180) - horizontal) < 1e-9)
        #expect(on(45, 180) > 1.8 * horizontal)
        #expect(on(45, 0) < 0.5 * horizontal)
        let night = SunPosition(at: Place(latitude: 51, longitude: 7), time: 1_766_350_000)
        #expect(ModulePlane(tiltDegrees: 30, azimuthDegrees: 180).irradiance(globalHorizontal: 100, sun: night, dayOfYear: 355) == 0)
    }
}

import EmulatedWeather
import PluginAPI
import PluginTestKit
import SiteCalendar
import Testing

@Suite("Sun and wind of the emulated grid")
struct EmulatedPlantsTests {
    private static func emulator(hour: Int, _ more: String = "") throws -> ServiceHarness {
        try ServiceHarness(
            library: try ServiceLibrary(built: "GridEmulator"),
            config: #"{"grid": [\#(DemoGrid.files)], "meters": {"period_seconds": 1, "noise_percent": 0}, "start_hour": \#(hour)\#(more)}"#)
    }

    /// Consumed power in watt, of all phases.
    private static func metered(_ mRID: String, _ emulator: ServiceHarness) throws -> Double {
        let message = try #require(emulator.last(on: "measurements/meter/\(mRID)")).payload.withUnsafeBytes { try JSONValue($0) }
        let powers = message["readings"]?.elements?.filter { $0["measurand"]?.text == "activepower" }.compactMap { $0["data"]?.number } ?? []
        #expect(powers.count == 3)
        return powers.reduce(0, +)
    }

    /// The demo's machines are CIM's `AsynchronousMachine` with a `SolarGeneratingUnit` or `WindGeneratingUnit`.
    @Test("machines that sun and wind drive feed in by their shapes, up to what they are rated for", arguments: [0, 12])
    func machines(hour: Int) throws {
        let emulator = try Self.emulator(hour: hour)
        defer { _ = try? emulator.stop() }
        try emulator.advance(by: .seconds(1))
        for (plant, rated) in [("PV3", 20_000.0), ("PV10", 40_000)] {
            let power = try Self.metered(plant, emulator)
            if hour == 0 { #expect(power == 0) } else { #expect(power < -0.4 * rated && power > -1.6 * rated, "\(plant): \(power) W") }
        }
        let wind = try Self.metered("W7", emulator)
        #expect(wind < 0 && wind > -1_500_000, "\(wind) W")
        for consumer in ["H3", "C3"] { #expect(try Self.metered(consumer, emulator) > 10_000) }
    }

    @Test("profile meters go by the weather of every emulated site, and so does its forecast") func weather() throws {
        let meters = #"[{"device": "roofs", "shape": "photovoltaic", "watts": 1500000}, {"device": "turbine", "shape": "wind", "watts": 2000000}]"#
        let emulator = try Self.emulator(
            hour: 12, #", "seed": 7, "profile_meters": {"past_days": 1, "time_zone": "UTC", "latitude": 51.4, "longitude": 7, "meters": \#(meters)}"#)
        defer { _ = try? emulator.stop() }
        try emulator.advance(by: .seconds(6))
        let weather = SiteWeather(place: Place(latitude: 51.4, longitude: 7), zone: .utc, noise: SmoothNoise(seed: 7))
        let told = try #require(emulator.last(on: "weather/forecast/emulated")).payload
        let issued = try #require(try told.withUnsafeBytes { try JSONValue($0)["issued"]?.text }.flatMap { Timestamp(iso8601: Array($0.utf8)) })
        #expect(told == weather.forecastMessage(issued: Double(issued.nanoseconds) / 1e9, hours: 72))
        for (device, share) in [("roofs", { weather.photovoltaicShare(of: "roofs", at: $0) }), ("turbine", { weather.windShare(at: $0) })] {
            let rated = device == "roofs" ? 1_500_000.0 : 2_000_000
            let points = emulator.points("activepower", of: "profile", tags: ["device": device, "component": "meter"])
            #expect(points.count >= 96 && points.contains { $0.value < -0.02 * rated }, "\(device)")
            for point in points {
                let middle = Double(point.time.nanoseconds) / 1e9
                #expect(abs(point.value + rated * intervalMean(from: middle - 450, seconds: 900, of: share)) < 1e-6)
            }
        }
    }
}

extension Timestamp {
    fileprivate init?(iso8601 text: [UInt8]) {
        guard let time = text.withUnsafeBytes({ Timestamp(iso8601: $0, offsetIfMissing: nil) }) else { return nil }
        self = time
    }
}

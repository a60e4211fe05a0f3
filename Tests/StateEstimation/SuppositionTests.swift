import PluginAPI
import PluginTestKit
import Testing

@Suite("Loads that nobody measures now")
struct SuppositionTests {
    /// Estimations that nothing but the messages of a test reaches, at noon of a Saturday, 2024-06-01, UTC.
    static func estimation(_ config: String) throws -> ServiceHarness {
        try ServiceHarness(library: try ServiceLibrary(built: "StateEstimation"), name: "estimation", config: config)
    }

    static func state(_ harness: ServiceHarness, after seconds: Int = 2) throws -> JSONValue {
        try harness.advance(by: .seconds(seconds))
        let response = try harness.request("GET", "/state")
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    struct Load {
        let basis: String
        let p, q, sigma: Double
        let readingTime: String?
    }

    static func load(_ id: String, _ state: JSONValue) throws -> Load {
        let load = try state.item("loads", id)
        return Load(
            basis: try #require(load["basis"]?.text), p: try #require(load["p"]?.number), q: try #require(load["q"]?.number),
            sigma: try #require(load["sigma_p"]?.number), readingTime: load["reading_time"]?.text)
    }

    @Test("the last quarter hour of a meter stands for its load, others keep the model's power with more doubt") func fresh() throws {
        let harness = try Self.estimation(MeterMessages.config())
        let before = try Self.load("H3", try Self.state(harness))
        #expect(before.basis == "model" && abs(before.p - 276_450) < 3_000 && (120_000...150_000).contains(before.sigma))
        try harness.publish("readings/ds", MeterMessages.quarters([50, 60], usagePoint: "H3", first: harness.now + .seconds(-1_200)))
        let state = try Self.state(harness)
        let metered = try Self.load("H3", state)
        #expect(metered.basis == "reading" && abs(metered.p - 240_000) < 5_000 && metered.sigma < 0.2 * before.sigma, "\(metered)")
        #expect(abs(metered.q / metered.p - 69_284.9 / 276_450) < 0.05)
        #expect(try Self.load("H4", state).basis == "model")
        // A mean of before is no measurement of now.
        #expect(state["metered_values"]?.integer == 0 && state["detail"]?.text?.contains("old meter readings, the loads of the grid model") == true)
        #expect(state["nodes"]?.elements?.allSatisfy { $0["source"]?.text == "pseudo-only" } == true)
    }

    @Test("readings that come a day late tell what this time of the day is like, with the doubt of a day") func dayLate() throws {
        let harness = try Self.estimation(MeterMessages.config())
        let midnight = Timestamp(seconds: 1_717_113_600)  // 2024-05-31
        let shape = (0..<96).map { (44..<52).contains($0) ? 50.0 : 20.0 }
        try harness.publish("readings/ds", MeterMessages.quarters(shape, usagePoint: "H3", first: midnight + .seconds(900)))
        let late = try Self.load("H3", try Self.state(harness))
        #expect(late.basis == "reading" && abs(late.p - 200_000) < 8_000 && late.readingTime?.hasPrefix("2024-05-31T12:") == true, "\(late)")
        #expect((25_000...90_000).contains(late.sigma))
        // Another day of the same kind and more of them make it surer.
        let saturday = Timestamp(seconds: 1_716_595_200)  // 2024-05-25
        try harness.publish("readings/ds", MeterMessages.quarters(shape, usagePoint: "H3", first: saturday + .seconds(900)))
        #expect(try Self.load("H3", try Self.state(harness, after: 11)).sigma < 0.8 * late.sigma)
    }

    @Test("values that the head end made up count less, invalid ones nothing") func qualities() throws {
        var sigmas: [Double] = []
        for quality in ["1.0.0", "1.8.1"] {
            let harness = try Self.estimation(MeterMessages.config())
            try harness.publish("readings/ds", MeterMessages.quarters([60], usagePoint: "H3", first: harness.now + .seconds(-300), quality: quality))
            sigmas.append(try Self.load("H3", try Self.state(harness)).sigma)
        }
        #expect((2...3.5).contains(sigmas[1] / sigmas[0]))
        let harness = try Self.estimation(MeterMessages.config())
        try harness.publish("readings/ds", MeterMessages.quarters([60], usagePoint: "H3", first: harness.now + .seconds(-300), quality: "1.5.257"))
        #expect(try Self.load("H3", try Self.state(harness)).basis == "model")
    }

    @Test(
        "stamps of 1970, 2036, the future and long ago are refused with a sentence",
        arguments: [("1970-01-01T00:15:00Z", "outside of the years"), ("2036-02-07T06:28:16Z", "NTP's first era"), ("2024-06-01T13:00:00Z", "in the future"), ("2024-05-01T12:00:00Z", "s old, at most")])
    func stamps(stamp: String, sentence: String) throws {
        let harness = try Self.estimation(MeterMessages.config())
        let message = MeterMessages.quarters([60], usagePoint: "H3", first: harness.now).replacing("\(harness.now)", with: stamp)
        try harness.publish("readings/ds", message)
        #expect(try Self.load("H3", try Self.state(harness)).basis == "model")
        #expect(harness.log.contains { $0.text.contains(sentence) }, "\(harness.log.map(\.text))")
    }

    @Test("a meter is placed by the configuration, and what it feeds in is counted off") func places() throws {
        let harness = try Self.estimation(MeterMessages.config(places: #"{"device": "M7", "at": "H4"}"#))
        let first = harness.now + .seconds(-300)
        try harness.publish("readings/ds", MeterMessages.quarters([10], meter: "M7", usagePoint: "unknown", first: first))
        try harness.publish("readings/ds", MeterMessages.quarters([30], meter: "M7", usagePoint: "unknown", first: first, type: MeterMessages.reverseEnergy))
        let load = try Self.load("H4", try Self.state(harness))
        #expect(load.basis == "reading" && abs(load.p + 80_000) < 3_000, "\(load)")
    }

    @Test("two readings of a register make a mean power, one that runs backwards is refused") func registers() throws {
        let harness = try Self.estimation(MeterMessages.config())
        try harness.publish("readings/ds", MeterMessages.reading(10_000, type: MeterMessages.register, usagePoint: "H3", at: harness.now + .seconds(-1_900)))
        #expect(try Self.load("H3", try Self.state(harness)).basis == "model")
        try harness.publish("readings/ds", MeterMessages.reading(10_100, type: MeterMessages.register, usagePoint: "H3", at: harness.now + .seconds(-102)))
        let load = try Self.load("H3", try Self.state(harness))
        #expect(load.basis == "reading" && abs(load.p - 200_000) < 5_000, "\(load)")
        try harness.publish("readings/ds", MeterMessages.reading(5, type: MeterMessages.register, usagePoint: "H3", at: harness.now))
        #expect(harness.log.contains { $0.text.contains("the register runs backwards") })
    }

    @Test("a grid that nobody measures is estimated from profiles, which follow the day, and says so") func profiles() throws {
        let loads = #"{"at": "C3", "shape": "G0", "annual_kwh": 600000, "customers": 20}, {"at": "H5", "annual_kwh": 1000000, "shape": "H0"}, {"at": "nowhere"}"#
        let harness = try Self.estimation(MeterMessages.config(profiles: #""shape": "H0", "model_power": "mean", "loads": [\#(loads)]"#, period: 3_600))
        #expect(harness.log.contains { $0.text.contains("config.profiles.loads names 'nowhere', which is no load of the grid") })
        let noon = try Self.state(harness, after: 3_600)
        #expect(noon["status"]?.text == "converged" && noon["detail"]?.text?.contains("all of it comes from load profiles") == true)
        #expect(noon["nodes"]?.elements?.allSatisfy { $0["source"]?.text == "pseudo-only" } == true)
        let listed = try Self.load("H5", noon)
        // 1 GWh a year are 114 kW on average; 286 households of a summer Saturday's afternoon are a little above, and differ by an eighth.
        #expect(listed.basis == "profile" && (100_000...150_000).contains(listed.p) && (10_000...20_000).contains(listed.sigma), "\(listed)")
        let supposed = try Self.load("H3", noon)
        #expect(supposed.sigma > 0.3 * supposed.p && (250_000...400_000).contains(supposed.p), "\(supposed)")
        let night = try Self.state(harness, after: 13 * 3_600)
        let (dark, bright) = (try Self.load("C3", night), try Self.load("C3", noon))
        #expect(try Self.load("H5", night).p < 0.75 * listed.p && dark.p < bright.p)
    }

    @Test("a forecast's power and standard deviation take a profile's place") func forecasts() throws {
        let harness = try Self.estimation(MeterMessages.config(profiles: #""shape": "H0", "forecasts": [{"topics": ["pseudo/#"]}]"#))
        let now = harness.now
        func message(_ watts: Double, _ time: Timestamp, uncertainty: String) -> String {
            #"{"device": "forecast", "timestamp": "\#(time)", "readings": [{"component": "H3", "measurand": "activepower", "data": \#(watts)\#(uncertainty)}]}"#
        }
        try harness.publish("pseudo/h3", message(150_000, now, uncertainty: #", "uncertainty": 9000"#))
        try harness.publish("pseudo/h3", message(190_000, now + .seconds(60), uncertainty: #", "uncertainty": 9000"#))
        let load = try Self.load("H3", try Self.state(harness))
        #expect(load.basis == "forecast" && abs(load.p - 150_000) < 1_000 && abs(load.sigma - 9_000) < 500, "\(load)")
        #expect(abs(try Self.load("H3", try Self.state(harness, after: 75)).p - 190_000) < 1_000)
        try harness.publish("pseudo/h3", message(1, now, uncertainty: ""))
        #expect(harness.log.contains { $0.text.contains("a forecast needs an uncertainty") })
    }

    @Test(
        "wrong configurations of profiles are refused with the place and what was expected",
        arguments: [
            (#""shape": "H9""#, "profiles.shape is 'H9', expected H0, G0, L0 or none"), (#""clock": "Berlin""#, "expected WET, CET, EET, UTC, an offset"),
            (#""loads": [{"shape": "H0"}]"#, ".at is missing: the mRID or name of a load"), (#""loads": [{"at": "H3", "annual_kwh": 1}]"#, "an energy needs one, H0, G0 or L0"),
            (#""holidays": "french""#, "expected none, german, or a country"), (#""shpe": "H0""#, "unknown key 'shpe'"),
        ])
    func configurations(profiles: String, sentence: String) throws {
        let harness = try Self.estimation(MeterMessages.config())
        try harness.stop()
        let error = #expect(throws: ServiceError.self) { try harness.validate(MeterMessages.config(profiles: profiles)) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }
}

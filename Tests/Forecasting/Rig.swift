import PluginAPI
import PluginTestKit
import Testing

/// The service in a host of the test kit, with a site whose clock the test holds: history in the store, meters on the databus.
final class Rig {
    let harness: ServiceHarness
    /// 2026-06-01T00:00:00Z, a Monday.
    static let monday: Int64 = 1_780_272_000

    /// - Parameters:
    ///   - series: objects of the configuration's `series`.
    ///   - begin: where the clock begins, seconds since 1970.
    ///   - prepare: puts history into the store before the service starts.
    init(
        series: [String], site: String = #""time_zone": "Europe/Berlin", "country": "DE", "region": "NW""#, more: String = "", begin: Int64 = monday,
        prepare: (ServiceHarness) -> Void = { _ in }
    ) throws {
        harness = try ServiceHarness(
            library: try ServiceLibrary(built: "Forecasting"), name: "forecasting", permissions: Permissions(keyValueQuota: 64 << 20),
            time: Timestamp(seconds: begin), starts: false)
        prepare(harness)
        try harness.configure(Self.config(series, site: site, more: more)).start()
    }

    deinit { _ = try? harness.stop() }

    static func config(_ series: [String], site: String = #""time_zone": "Europe/Berlin", "country": "DE", "region": "NW""#, more: String = "") -> String {
        #"""
        {"site": {\#(site)}, "series": [\#(series.joined(separator: ", "))],
         "measurements": [{"topics": ["measurements/meter/+"], "format": "pmu"}], "weather": {"topics": ["weather/#"]},
         "issue": {"every_minutes": 60, "horizon_hours": 24}, "training": {"seconds": 5, "quick": true, "wait": true}\#(more)}
        """#
    }

    /// An hourly load that is metered by one device.
    static func load(_ name: String = "feeder", device: String = "m1", _ more: String = "") -> String {
        #"""
        {"name": "\#(name)", "unit": "kW", "step_minutes": 60,
         "sum": [{"measurement": "meter", "tags": {"device": "\#(device)"}, "field": "activepower", "factor": 0.001}]\#(more)}
        """#
    }

    /// What a small town draws: kW by the hour since 1970, the same every time.
    static func town(_ hour: Int64) -> Double {
        let ofDay = Double((hour % 24 + 24) % 24), day = (hour / 24 + 3) % 7
        let evening = 80 * (1 - min(1, abs(ofDay - 19) / 5)), morning = 60 * (1 - min(1, abs(ofDay - 9) / 4))
        return (200 + morning + evening) * (day >= 5 ? 0.8 : 1) + 6 * Double((hour &* 2_654_435_761 >> 7) % 17 - 8) / 8
    }

    /// Points of past hours, as a meter's readings in watt.
    static func history(days: Int64, until end: Int64 = monday, _ value: (Int64) -> Double = town) -> [StoredPoint] {
        (end / 3600 - days * 24..<end / 3600).map { StoredPoint(Timestamp(seconds: $0 * 3600 + 1800), value($0) * 1000) }
    }

    /// The tags of a meter's column.
    static func tags(_ device: String = "m1") -> [String: String] { ["device": device, "component": "load"] }

    /// A meter's reading in watt.
    func meter(_ device: String = "m1", _ watts: Double, at time: Int64) throws {
        try harness.publish(
            "measurements/meter/\(device)",
            #"{"device": "\#(device)", "timestamp": \#(time * 1000), "readings": [{"component": "load", "measurand": "activepower", "data": \#(watts)}]}"#)
    }

    /// Lets hours pass with one reading in the middle of each, until the forecast after the last of them is there.
    func run(hours: Int, device: String = "m1", _ value: (Int64) -> Double? = Rig.town) throws {
        for _ in 0..<hours {
            let hour = harness.now.nanoseconds / 3_600_000_000_000
            try advance(to: hour * 3600 + 1800)
            if let value = value(hour) { try meter(device, value * 1000, at: hour * 3600 + 1800) }
            try advance(to: hour * 3600 + 3615)
        }
    }

    /// Lets the clock go on to a time, in seconds since 1970.
    func advance(to time: Int64) throws { try harness.advance(by: Timestamp(seconds: time) - harness.now) }

    func get(_ path: String, _ query: [(String, String)] = []) throws -> JSONValue {
        let response = try harness.request("GET", path, query: query)
        #expect(response.status == 200, "\(path): \(String(decoding: response.body, as: UTF8.self))")
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    /// The status and the sentence of a request that is refused.
    func refused(_ method: String, _ path: String, _ query: [(String, String)] = [], body: String = "") throws -> String {
        let response = try harness.request(method, path, query: query, body: body)
        return "\(response.status) " + String(decoding: response.body, as: UTF8.self)
    }

    func post(_ path: String, _ body: String) throws -> JSONValue {
        let response = try harness.request("POST", path, body: body)
        #expect(response.status < 300, "\(path): \(String(decoding: response.body, as: UTF8.self))")
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    /// The last message of a topic.
    func message(_ topic: String) throws -> JSONValue {
        let publication = try #require(harness.last(on: topic), "nothing on \(topic)")
        return try publication.payload.withUnsafeBytes { try JSONValue($0) }
    }
}

extension JSONValue {
    /// The numbers of a list, NaN for null.
    func numbers(_ key: String) throws -> [Double] { try #require(self[key]?.elements, "no \(key)").map { $0.number ?? .nan } }

    /// A quantile's values.
    func quantile(_ name: String) throws -> [Double] { try #require(self["quantiles"], "no quantiles").numbers(name) }
}

import Glibc
import PluginAPI
import PluginTestKit
import Testing

/// The adapter as it is built, in a host of the test kit.
enum Adapter {
    /// The mapping of the demo site.
    static let demo = #"""
        {"database": "dsotp", "mappings": [{"topics": ["/pmu/#", "measurements/pmu/+"], "format": "pmu", "measurement": "pmu",
         "tags": ["device", "component", "phase"], "time_zone_offset": "+00:00"}], "dead_letter": "deadletter"}
        """#

    /// - Parameter time: the host's; a month after ``noon`` if nothing else is said.
    static func harness(
        _ config: String = demo, permissions: Permissions? = nil, time: Timestamp = Timestamp(seconds: 1_717_243_200)
    ) throws -> ServiceHarness {
        try ServiceHarness(
            library: try ServiceLibrary(built: "DatabaseAdapter"), name: "adapter", config: config,
            permissions: permissions
                ?? Permissions(publish: ["deadletter/#"], write: ["pmu", "meter"], databases: ["dsotp", "other"]), time: time)
    }

    /// A configuration with one mapping of all topics under `t`.
    ///
    /// - Parameter window: how far stamps may lie from the host's time, both ways; the adapter's own defaults if empty.
    static func config(_ format: String, _ more: String = "", measurement: String = "pmu", window: String = "") -> String {
        let window = window.isEmpty ? "" : #""accepted_age": "\#(window)", "accepted_lead": "\#(window)", "#
        let mapping = #"{"topics": ["t/#"], "format": "\#(format)", "measurement": "\#(measurement)"\#(more.isEmpty ? "" : ", " + more)}"#
        return #"{\#(window)"mappings": [\#(mapping)]}"#
    }

    /// A message with one reading, any part of which a test may replace.
    static func message(
        device: String = #""pmu-1""#, timestamp: String = #""2024-05-01T12:00:00Z""#, component: String = #""BUS1""#,
        measurand: String = #""voltmagnitude""#, phase: String = #""A""#, data: String = "230.5", more: String = ""
    ) -> String {
        let reading = #"{"component": \#(component), "measurand": \#(measurand), "phase": \#(phase), "data": \#(data)\#(more)}"#
        return #"{"device": \#(device), "timestamp": \#(timestamp), "readings": [\#(reading)]}"#
    }

    /// The tags of that message's series.
    static let tags = ["device": "pmu-1", "component": "BUS1", "phase": "A"]
    /// Its time.
    static let noon = Timestamp(seconds: 1_714_564_800)
}

/// Files of the data that the project was given, where they are: `DSOTP_REFERENCE_DATA`, or `../shared/data` beside the repository.
enum ReferenceData {
    static let folder: String = {
        if let named = getenv("DSOTP_REFERENCE_DATA") { return String(cString: named) }
        guard let real = realpath(#filePath, nil) else { return "" }
        defer { free(real) }
        let root = String(cString: real).split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return root.dropLast().joined(separator: "/") + "/shared/data"
    }()

    static let isThere: Bool = {
        let found = access(folder + "/pmu/sogno_json/sogno_input.json", R_OK) == 0
        if !found { print("SKIPPED: the reference data is not in '\(folder)'; set DSOTP_REFERENCE_DATA to run these tests") }
        return found
    }()

    /// The text of a file, without the comment lines at the begin of SOGNO's.
    static func json(_ path: String) throws -> String {
        let file = try #require(fopen("\(folder)/\(path)", "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
        // By bytes: to Swift, a carriage return with a line feed is one character.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return String(
            decoding: Array(lines.filter { $0.first != UInt8(ascii: "#") }.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
    }
}

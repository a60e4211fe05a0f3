import PluginAPI
import PluginTestKit
import Testing

/// The demonstration site's grid, with the emulator that plays its devices and the estimation that watches them, in hosts of the test kit.
final class DemoGrid {
    let emulator: ServiceHarness
    let estimation: ServiceHarness
    private var passed = 0

    /// The folder of the grid's files.
    static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/manifests/demo/grid"

    static let files = ["EQ", "SSH", "DL"].map { #""\#(folder)/cigre-mv_\#($0).xml""# }.joined(separator: ", ")

    static let estimationConfig = #"""
        {"grid": [\#(files)], "name": "mv", "period": 1, "store": {}, "publish": {"component_topic": "components"},
         "measurements": [{"topics": ["/pmu/#"], "class": "pmu"}, {"topics": ["measurements/scada/+"], "class": "scada"},
                          {"topics": ["measurements/meter/+"], "class": "meter"}]}
        """#

    /// - Parameters:
    ///   - pmus: busbars with a PMU.
    ///   - noise: of all devices, in per cent.
    init(
        pmus: [String] = ["N1", "N3", "N8", "N11", "N12"], noise: Double = 0.1, reports: String = #""scada": {"noise_percent": 0.5}, "meters": {"period_seconds": 10}, "#,
        config: String = estimationConfig
    ) throws {
        let devices = pmus.map { #"{"device": "pmu-\#($0)", "at": "\#($0)"}"# }.joined(separator: ", ")
        emulator = try ServiceHarness(
            library: try ServiceLibrary(built: "GridEmulator"),
            config: #"""
                {"grid": [\#(Self.files)], "pmu": {"rate": 1, "noise_percent": \#(noise), "angle_noise_degrees": \#(noise / 2), "devices": [\#(devices)]},
                 \#(reports)"start_hour": 12, "switches": {"operating_ms": 0}}
                """#)
        estimation = try ServiceHarness(library: try ServiceLibrary(built: "StateEstimation"), name: "estimation", config: config)
    }

    deinit {
        _ = try? emulator.stop()
        _ = try? estimation.stop()
    }

    /// Lets seconds pass: what the devices publish reaches the estimation.
    /// - Parameter change: what becomes of a device's message on its way; nil loses it.
    func run(seconds: Int, _ change: (String, [UInt8]) -> [UInt8]? = { $1 }) throws {
        for _ in 0..<seconds {
            try emulator.advance(by: .seconds(1))
            let published = emulator.published
            for publication in published[passed...] {
                guard let payload = change(publication.topic, publication.payload) else { continue }
                try estimation.publish(publication.topic, payload)
            }
            passed = published.count
            try estimation.advance(by: .seconds(1))
        }
    }

    /// What a route answers.
    func get(_ path: String) throws -> JSONValue {
        let response = try estimation.request("GET", path)
        #expect(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    func post(_ path: String, _ body: String) throws -> (status: Int, answer: JSONValue) {
        let response = try estimation.request("POST", path, body: body)
        return (response.status, try response.body.withUnsafeBytes { try JSONValue($0) })
    }
}

extension JSONValue {
    /// The object of a list with this `id`.
    func item(_ list: String, _ id: String) throws -> JSONValue {
        try #require(self[list]?.elements?.first { $0["id"]?.text == id }, "no \(id) among \(list)")
    }
}

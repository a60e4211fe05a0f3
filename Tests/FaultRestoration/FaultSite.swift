import PluginAPI
import PluginTestKit
import Testing

/// The demonstration's grid with emulated devices and the service, in hosts of the test kit, and a databus between them on which devices can be
/// deaf, or messages lost.
final class FaultSite {
    let emulator: ServiceHarness
    let service: ServiceHarness
    /// Switches that do not do what they are told.
    var deaf: Set<String> = []
    /// Topics that are lost on their way to the service.
    var lost: Set<String> = []
    private var passed = (emulator: 0, service: 0)

    static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/manifests/demo/grid"
    static let files = ["EQ", "SSH", "DL"].map { #""\#(folder)/cigre-mv_\#($0).xml""# }.joined(separator: ", ")

    /// - Parameter more: further keys of the service's configuration, with a comma before them.
    init(mode: String, more: String = "") throws {
        emulator = try ServiceHarness(
            library: try ServiceLibrary(built: "GridEmulator"),
            config: #"{"grid": [\#(Self.files)], "start_hour": 3, "switches": {"operating_ms": 300}, "faults": {}}"#)
        service = try ServiceHarness(
            library: try ServiceLibrary(built: "FaultRestoration"), name: "flisr",
            config: #"{"grid": [\#(Self.files)], "name": "mv", "mode": "\#(mode)", "settle_seconds": 1, "switches": {"confirm_seconds": 5}\#(more)}"#)
        try run(seconds: 1)
    }

    deinit {
        _ = try? emulator.stop()
        _ = try? service.stop()
    }

    /// Lets time pass in steps of a fifth of a second, carrying messages both ways.
    func run(seconds: Double) throws {
        for _ in 0..<Int(seconds * 5) {
            try emulator.advance(by: .milliseconds(200))
            try carry()
            try service.advance(by: .milliseconds(200))
            try carry()
        }
    }

    func run(atMost seconds: Int = 60, until isDone: () throws -> Bool) throws {
        for _ in 0..<seconds where !(try isDone()) { try run(seconds: 1) }
        #expect(try isDone())
    }

    private func carry() throws {
        let reports = emulator.published
        for report in reports[passed.emulator...] where !lost.contains(report.topic) {
            try service.report(report.topic, String(decoding: report.payload, as: UTF8.self))
            try service.publish(report.topic, report.payload)
        }
        passed.emulator = reports.count
        let orders = service.published
        for order in orders[passed.service...] where order.topic.hasSuffix("/command") {
            guard !deaf.contains(where: { order.topic == "switches/\($0)/command" }) else { continue }
            try emulator.publish(order.topic, order.payload)
        }
        passed.service = orders.count
    }

    func call(
        _ method: String, _ path: String, _ body: String = "", user: String = "anna", on harness: ServiceHarness? = nil
    ) throws -> (status: Int, json: JSONValue) {
        let answer = try (harness ?? service).request(method, path, body: body, user: user)
        return (answer.status, try answer.body.withUnsafeBytes { try JSONValue($0) })
    }

    /// Lets something fail on the emulated grid.
    func fail(_ equipment: String) throws {
        let answer = try call("POST", "/fault", #"{"equipment": "\#(equipment)"}"#, on: emulator)
        try #require(answer.status == 200, "\(answer.json)")
        try run(seconds: 0.4)
    }

    func fault(_ id: String) throws -> JSONValue { try call("GET", "/faults/\(id)").json }
    func state(_ id: String) throws -> String { try fault(id)["state"]?.text ?? "" }

    /// The switches of a fault's steps in order, as `open L3-4.N3`.
    func steps(_ id: String) throws -> [String] {
        (try fault(id)["steps"]?.elements ?? []).map { "\($0["action"]?.text ?? "") \($0["switch"]?.text ?? "")" }
    }

    /// The position that a switch of the emulated grid reported last.
    func position(_ mRID: String) -> String? {
        emulator.published.last { $0.topic == "switches/\(mRID)" }.flatMap { publication in
            publication.payload.withUnsafeBytes { try? JSONValue($0) }?["position"]?.text
        }
    }
}

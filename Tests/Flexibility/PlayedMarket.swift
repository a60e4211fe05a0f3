import PluginAPI
import PluginTestKit
import Testing

/// The service in a host of the test kit, on the demonstration's grid, with a community at N8 and a battery at N9, played in steps of ten seconds.
final class PlayedMarket {
    enum Behaviour { case obeys, refuses, silent }

    let service: ServiceHarness
    /// What each resource would do by itself, kW.
    var own = ["abb": 300.0, "bess": 0.0]
    var behaviour = ["abb": Behaviour.obeys, "bess": .obeys]
    /// Power that the resources can reach, kW, and energy that they have room for.
    var reach = ["abb": -4_000.0...4_000.0, "bess": -200.0...200.0]
    var roomKWh = 50_000.0
    private(set) var mode = 0
    private(set) var target: Double?
    private var modeEnd: Timestamp?
    private var setPoint: Double?
    private var seen = (published: 0, commands: 0)

    static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/manifests/demo/grid"
    static let files = ["EQ", "SSH", "DL"].map { #""\#(folder)/cigre-mv_\#($0).xml""# }.joined(separator: ", ")

    /// - Parameters:
    ///   - more: further keys of the configuration, with a comma before them.
    ///   - market: further keys of the market's section, likewise.
    ///   - resources: further resources, likewise.
    static func config(_ more: String = "", market: String = "", resources: String = "") -> String {
        """
        {"grid": [\(files)], "name": "mv", "site": {"time_zone": "Europe/Berlin"}, "limits": {"ratings_amperes": {"TR1": 250, "TR2": 250}}, "store": {},
         "resources": [{"community": "abb", "place": "N8", "forecast": "abb-load"}, {"asset": "bess", "place": "N9", "price": 0.3, "capacity_kwh": 400}\(resources)],
         "congestion_points": [{"id": "ea1.2026-01.dso.example:feeder", "places": ["N8", "N9"]}], "market": {"penalty": 0.1\(market)},
         "activation": {"period": 10, "confirm_seconds": 60, "follow_seconds": 60, "silent_seconds": 60, "tolerance_kw": 1},
         "baseline": {"wait_minutes": 20, "days": 4, "best": 2}\(more)}
        """
    }

    /// - Parameter start: 2024-06-01T12:00:00Z unless said otherwise.
    init(config: String = config(), start: Timestamp = Timestamp(seconds: 1_717_243_200)) throws {
        service = try ServiceHarness(library: try ServiceLibrary(built: "Flexibility"), name: "flexibility", config: config, time: start)
        try run(2)
    }

    deinit { _ = try? service.stop() }

    var now: Timestamp { service.now }

    func power(_ id: String) -> Double {
        guard behaviour[id] == .obeys else { return own[id] ?? 0 }
        let reach = reach[id] ?? 0...0, wanted = id == "abb" ? (mode == 2 ? target : nil) : setPoint
        return max(reach.lowerBound, min(wanted ?? own[id] ?? 0, reach.upperBound))
    }

    /// Lets ten seconds pass, several times.
    func run(_ ticks: Int) throws {
        for _ in 0..<ticks {
            try obey()
            try report()
            try service.advance(by: .seconds(10))
        }
        try obey()
    }

    /// Lets time pass until a time.
    func run(until time: Timestamp) throws { while now < time { try run(1) } }

    func report() throws {
        let abb = power("abb"), battery = power("bess")
        if behaviour["abb"] != .silent, let reach = reach["abb"] {
            try service.publish(
                "communities/abb/state",
                """
                {"community": "abb", "mode": \(mode), "target_kw": \(target.map { "\($0)" } ?? "null"), "exchange_kw": \(abb), "up_kw": \(reach.upperBound - abb),
                 "down_kw": \(abb - reach.lowerBound), "up_kwh": \(roomKWh), "down_kwh": \(roomKWh)}
                """)
        }
        if behaviour["bess"] != .silent, let reach = reach["bess"] {
            try service.publish(
                "assets/bess/report", #"{"power_kw": \#(battery), "band_kw": [\#(reach.lowerBound), \#(reach.upperBound)], "soc_percent": 50}"#)
        }
    }

    /// What community and battery do with what they were told.
    private func obey() throws {
        if let end = modeEnd, end <= now, mode == 2 { (mode, target, modeEnd) = (0, nil, nil) }
        let published = service.published
        for message in published[seen.published...] where message.topic == "communities/abb/mode/set" {
            let json = try message.payload.withUnsafeBytes { try JSONValue($0) }
            guard behaviour["abb"] == .obeys else { continue }
            mode = json["mode"]?.integer.map { Int($0) } ?? 0
            target = json["target_kw"]?.number
            modeEnd = json["end"]?.text.flatMap { Timestamp(text: $0) }
        }
        seen.published = published.count
        for submitted in service.commands[seen.commands...] where submitted.decision.isAccepted {
            if case .setPoint(let value, _) = submitted.command.content, submitted.command.device == "bess" { setPoint = value }
        }
        seen.commands = service.commands.count
    }

    func setMode(_ mode: Int) { self.mode = mode }

    func call(_ method: String, _ path: String, _ body: String = "", query: [(String, String)] = [], user: String = "anna") throws -> (status: Int, json: JSONValue) {
        let answer = try service.request(method, path, query: query, body: body, user: user)
        return (answer.status, try answer.body.withUnsafeBytes { try JSONValue($0) })
    }

    /// A request from the next quarter of an hour on.
    func body(
        _ id: String, _ powers: String, minutes: Int = 30, location: String = #"{"community": "abb"}"#, revision: Int = 1, after: Int = 0, more: String = ""
    ) -> String {
        let quarter = Int64(900_000_000_000)
        let start = Timestamp(nanoseconds: (now.nanoseconds / quarter + 1 + Int64(after)) * quarter)
        return #"{"id": "\#(id)", "revision": \#(revision), "location": \#(location), "intervals": [{"start": "\#(start)", "duration": "PT\#(minutes)M", \#(powers)}]\#(more)}"#
    }

    /// Sends a request in; it must be taken.
    @discardableResult func ask(_ body: String) throws -> JSONValue {
        let answer = try call("POST", "/requests", body)
        try #require(answer.status == 201, "\(answer.json)")
        return answer.json
    }

    func accept(_ id: String, _ body: String = "{}") throws {
        let answer = try call("POST", "/requests/\(id)/accept", body)
        try #require(answer.status == 200, "\(answer.json)")
    }

    /// What the grid carries more at the community, kW.
    func room() throws -> Double {
        let fits = try #require(try ask(body("room", #""min_kw": 0, "max_kw": 3000"#))["offer"]?["kw"]?[0]?.number)
        _ = try call("DELETE", "/requests/room")
        return fits.rounded(.down)
    }

    func record(_ id: String) throws -> JSONValue { try call("GET", "/requests/\(id)").json }
    func state(_ id: String) throws -> String { try record(id)["state"]?.text ?? "" }
    func begin(_ id: String) throws -> Timestamp { try #require(try record(id)["request"]?["intervals"]?[0]?["start"]?.text.flatMap { Timestamp(text: $0) }) }
    func states(_ id: String) throws -> [String] { (try record(id)["history"]?.elements ?? []).compactMap { $0["state"]?.text } }
    func notes(_ id: String) throws -> String { (try record(id)["notes"]?.elements ?? []).compactMap { $0["sentence"]?.text }.joined(separator: "; ") }

    /// Lets a request end, be verified and settled.
    func finish(_ id: String) throws {
        for _ in 0..<1_000 where !["settled", "cancelled", "failed", "expired", "rejected"].contains(try state(id)) { try run(1) }
    }

    /// A switch reports its position.
    func throwSwitch(_ mRID: String, open: Bool) throws { try service.publish("switches/\(mRID)", open ? "open" : "closed") }

    /// A state estimate with what is fed into some nodes, watt.
    func estimate(_ injections: [String: Double], violation: Bool = false) throws {
        let nodes = injections.map { #"{"id": "\#($0.key)", "energised": true, "p": \#($0.value), "q": 0}"# }.joined(separator: ", ")
        let violations = violation ? #"{"severity": "error", "id": "L1-2", "sentence": "too much"}"# : ""
        try service.publish("estimates/mv", #"{"status": "converged", "time": "\#(now)", "nodes": [\#(nodes)], "violations": [\#(violations)]}"#)
    }

    /// A forecast of a series from the present quarter of an hour on, kW.
    func forecast(_ series: String, low: Double, median: Double, high: Double, quarters: Int = 300) throws {
        let quarter = Int64(900_000_000_000), start = Timestamp(nanoseconds: now.nanoseconds / quarter * quarter)
        func list(_ value: Double) -> String { [String](repeating: "\(value)", count: quarters).joined(separator: ",") }
        try service.publish(
            "forecasts/\(series)",
            #"{"series": "\#(series)", "unit": "kW", "issued": "\#(now)", "start": "\#(start)", "step_minutes": 15, "quantiles": {"q10": [\#(list(low))], "q50": [\#(list(median))], "q90": [\#(list(high))]}}"#)
    }
}

extension Timestamp {
    init?(text: String) {
        guard let time = Array(text.utf8).withUnsafeBytes({ Timestamp(iso8601: $0, offsetIfMissing: nil) }) else { return nil }
        self = time
    }
}

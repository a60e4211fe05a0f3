import PluginAPI
import PluginTestKit
import Testing

/// A community in a host of the test kit: batteries that obey, lag, refuse or vanish, a load and a sun, played in steps of ten seconds.
final class PlayedCommunity {
    enum Behaviour { case obeys, lags, refuses, silent }

    struct Battery {
        var behaviour = Behaviour.obeys
        var powerKW = 0.0
        var setPointKW = 0.0
        var energyKWh: Double
        var capacityKWh = 40.0
        var limitKW = 20.0
    }

    let service: ServiceHarness
    var batteries: [String: Battery]
    var loadKW = 12.0
    /// Assets report at every so many ticks, and do what they are told so many turns of the loop later.
    let reportEvery: Int
    let phase: Int
    let latency: Int
    private var tick = 0
    private var seen = 0
    private var waiting: [(tick: Int, command: SubmittedCommand)] = []
    /// Greatest power that any battery ever had beyond its limits, and energy beyond its window.
    private(set) var worstBreach = 0.0
    private(set) var exchanges: [Double] = []

    static func config(_ extra: String = "", names: [String] = ["b1", "b2"]) -> String {
        let assets = names.map {
            #"{"id": "\#($0)", "kind": "battery", "maximum_kw": 20, "feed_kw": 20, "capacity_kwh": 40, "soc_min_percent": 5, "soc_max_percent": 95, "soc_final_percent": 5}"#
        }.joined(separator: ", ")
        return #"""
            {"wait": true, "store": {}, "communities": [{"name": "abb", "transformer": {"import_kw": 100, "export_kw": 100}, "assets": [\#(assets)],
             "watch": {"silent_seconds": 40, "follow_seconds": 40, "repeat_seconds": 60, "tolerance_kw": 0.5}, "horizon_hours": 6\#(extra)}]}
            """#
    }

    /// It is 2024-06-01T12:00:00Z.
    init(
        config: String = config(), names: [String] = ["b1", "b2"], initialKWh: Double = 20, reportEvery: Int = 1, phase: Int = 0,
        latency: Int = 0
    ) throws {
        (self.reportEvery, self.phase, self.latency) = (reportEvery, phase, latency)
        batteries = Dictionary(uniqueKeysWithValues: names.map { ($0, Battery(energyKWh: initialKWh)) })
        service = try ServiceHarness(library: try ServiceLibrary(built: "CommunityBalancing"), name: "balancing", config: config, time: Timestamp(seconds: 1_717_243_200))
    }

    deinit { _ = try? service.stop() }

    var exchangeKW: Double { loadKW + batteries.values.reduce(0) { $0 + $1.powerKW } }

    /// Lets ten seconds pass, several times.
    func run(_ ticks: Int) throws {
        for _ in 0..<ticks {
            move()
            if tick % reportEvery == phase { for id in batteries.keys.sorted() { try report(id) } }
            try service.publish("communities/abb/exchange", #"{"power_kw": \#(exchangeKW)}"#)
            try service.advance(by: .seconds(10))
            exchanges.append(exchangeKW)
            tick += 1
            try obey()
        }
    }

    func report(_ id: String) throws {
        guard let battery = batteries[id], battery.behaviour != .silent else { return }
        let low = battery.energyKWh <= 2 ? 0 : -battery.limitKW, high = battery.energyKWh >= 38 ? 0 : battery.limitKW
        try service.publish("assets/\(id)/report", #"{"power_kw": \#(battery.powerKW), "band_kw": [\#(low), \#(high)], "energy_kwh": \#(battery.energyKWh)}"#)
    }

    /// What the assets do with the commands that came.
    private func obey() throws {
        let commands = service.commands
        waiting += commands[seen...].filter(\.decision.isAccepted).map { (tick + latency, $0) }
        seen = commands.count
        let due = waiting.prefix { $0.tick <= tick }
        waiting.removeFirst(due.count)
        for (_, submitted) in due {
            guard case .setPoint(let value, _) = submitted.command.content, let battery = batteries[submitted.command.device] else { continue }
            worstBreach = max(worstBreach, abs(value) - battery.limitKW)
            guard battery.behaviour != .silent else { continue }
            batteries[submitted.command.device]?.setPointKW = value
            try service.report("setpoints/\(submitted.command.device)/ack", #"{"command": \#(submitted.number)}"#)
        }
    }

    private func move() {
        for (id, battery) in batteries {
            var moved = battery
            switch battery.behaviour {
            case .obeys: moved.powerKW = battery.setPointKW
            case .lags: moved.powerKW += 0.4 * (battery.setPointKW - battery.powerKW)
            case .refuses, .silent: break
            }
            moved.energyKWh += (moved.powerKW > 0 ? moved.powerKW * 0.95 : moved.powerKW / 0.95) / 360
            worstBreach = max(worstBreach, 1.5 - moved.energyKWh, moved.energyKWh - 38.5)
            batteries[id] = moved
        }
    }

    func mode(_ body: String) throws { try service.publish("communities/abb/mode/set", body) }

    func get(_ path: String, query: [(String, String)] = []) throws -> JSONValue {
        let response = try service.request("GET", path, query: query)
        #expect(response.status == 200, "\(path): \(String(decoding: response.body, as: UTF8.self))")
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    var state: JSONValue {
        get throws {
            let last = try #require(service.last(on: "communities/abb/state"))
            return try last.payload.withUnsafeBytes { try JSONValue($0) }
        }
    }

    var events: [(kind: String, asset: String, sentence: String)] {
        get throws {
            try (try get("/communities/abb")["events"]?.elements ?? []).map { (try #require($0["kind"]?.text), $0["asset"]?.text ?? "", $0["sentence"]?.text ?? "") }
        }
    }

    /// What happened, for the message of a failed expectation.
    var story: String { ((try? events) ?? []).map(\.sentence).joined(separator: "; ") }

    func stateOf(_ id: String) throws -> String? {
        try get("/communities/abb")["members"]?.elements?.first { $0["id"]?.text == id }?["state"]?.text
    }
}

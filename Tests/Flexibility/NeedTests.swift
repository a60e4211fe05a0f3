import PluginAPI
import PluginTestKit
import Testing

@Suite("The operator's own need")
struct NeedTests {
    static func config(_ need: String = "") -> String {
        PlayedMarket.config(
            #"""
            , "injections": [{"load": "H5", "forecast": "feeder"}],
             "need": {"repeat_minutes": 15, "horizon_hours": 2, "energy_price": 0.1\#(need)}
            """#)
    }

    @Test("congestion that is foreseen becomes a request to the cheapest resource that cures it") func cure() throws {
        let market = try PlayedMarket(config: Self.config())
        #expect(try market.call("GET", "/needs").status == 404)
        guard case .degraded(let waiting) = try market.service.health() else { Issue.record("the service does not say that it waits"); return }
        #expect(waiting.contains("waits for the forecasts of feeder"))
        try market.forecast("feeder", low: 700, median: 800, high: 900)
        let free = try market.call("POST", "/needs")
        #expect(free.status == 200 && free.json["is_free"]?.boolean == true && free.json["requests"]?.elements?.isEmpty == true, "\(free.json)")

        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_100)
        let need = try market.call("POST", "/needs").json
        #expect(need["congestions"]?.elements?.contains { ["L1-2", "L2-3"].contains($0["name"]?.text) && $0["kind"]?.text == "current" } == true, "\(need)")
        #expect(need["elements"]?.elements?.contains { ["L1-2", "L2-3"].contains($0["name"]?.text) } == true && need["cure"]?["is_complete"]?.boolean == true)
        let id = try #require(need["requests"]?[0]?.text)
        let record = try market.record(id)
        // The community is the cheaper one: twenty cents against thirty.
        #expect(record["state"]?.text == "offered" && record["request"]?["source"]?.text == "dso" && record["request"]?["location"]?["community"]?.text == "abb")
        #expect(record["offer"]?["kw"]?[0]?.number.map { $0 < -10 && $0 > -2_000 } == true, "\(record["offer"] ?? .null)")
        #expect(market.service.published.contains { $0.topic == "flexibility/needs/mv" && $0.retain } && market.service.published.contains { $0.topic == "flexibility/needs/mv/requests/\(id)" })
        #expect(market.service.metric("congestions_foreseen") ?? 0 >= 1)

        // The need changes: the same request in a higher revision; it goes: the request is withdrawn.
        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_000)
        #expect(try market.call("POST", "/needs").json["requests"]?[0]?.text == id)
        #expect(try market.record(id)["request"]?["revision"]?.integer == 2)
        try market.forecast("feeder", low: 700, median: 800, high: 900)
        _ = try market.call("POST", "/needs")
        #expect(try market.state(id) == "cancelled")
    }

    @Test("what is accepted is reckoned with: it is not asked for twice, and carried out") func automatic() throws {
        let market = try PlayedMarket(config: Self.config(#", "accept": true"#))
        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_100)
        try market.forecast("abb-load", low: 250, median: 300, high: 350)
        // On the loads of the grid model alone nothing is ordered.
        #expect(try market.call("POST", "/needs").json["error"]?.text?.contains("state estimate") == true)
        try market.estimate([:])
        let id = try #require(try market.call("POST", "/needs").json["requests"]?[0]?.text)
        #expect(try market.state(id) == "accepted")
        let again = try market.call("POST", "/needs").json
        #expect(again["is_free"]?.boolean == true && again["requests"]?.elements?.isEmpty == true, "\(again)")
        try market.run(until: market.begin(id) + .seconds(60))
        #expect(try market.state(id) == "active" && market.target.map { $0 < 250 } == true)
    }

    @Test("others' offers compete, and are ordered where they are cheaper") func offers() throws {
        let market = try PlayedMarket(config: Self.config())
        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_100)
        let offer = #"{"id": "o1", "provider": "agr", "place": "N5", "start": "2024-06-01T12:00:00Z", "duration": "PT4H", "down_kw": 3000, "price": 0.05, "valid_until": "2024-06-01T13:00:00Z"}"#
        try market.service.publish("flexibility/offers", offer)
        let need = try market.call("POST", "/needs").json
        #expect(need["proposed_orders"]?[0]?["offer"]?.text == "o1" && need["requests"]?.elements?.isEmpty == true, "\(need)")
        let ordered = try market.call("POST", "/offers/o1/order", "{}")
        #expect(ordered.status == 200 && ordered.json["offers"]?[0]?["ordered"]?[0]?["kw"]?.number.map { $0 < 0 } == true, "\(ordered.json)")
        #expect(market.service.last(on: "flexibility/orders/o1")?.retain == true)
        #expect(try market.call("POST", "/needs").json["is_free"]?.boolean == true)
        #expect(try market.call("POST", "/offers/o1/order", "{}").status == 409)
        #expect(try market.call("POST", "/offers/none/order", "{}").status == 404)
        #expect(try market.call("POST", "/offers", #"{"id": "o2", "place": "nowhere", "start": "2024-06-01T12:00:00Z", "duration": "PT1H", "up_kw": 1, "price": 1, "valid_until": "2024-06-01T13:00:00Z"}"#).status == 400)
    }

    @Test("what others deliver at a metered connection is verified from its series and settled", arguments: ["begin", "end"]) func external(stamps: String) throws {
        let meter = #", {"connection": "ean.541448820000000012", "place": "N5", "meter": {"measurement": "smart_meters", "field": "p", "tags": {"meter": "m-12"}, "unit": "W", "stamps": "\#(stamps)"}}"#
        let market = try PlayedMarket(
            config: PlayedMarket.config(
                #", "injections": [{"load": "H5", "forecast": "feeder"}], "need": {"repeat_minutes": 15, "horizon_hours": 1, "energy_price": 0.1}"#, resources: meter))
        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_100)
        func offer(_ id: String, _ more: String) -> String {
            #"{"id": "\#(id)", "provider": "agr.example", "start": "2024-06-01T12:00:00Z", "duration": "PT90M", "down_kw": 3000, "price": 0.05, "valid_until": "2024-06-01T13:00:00Z"\#(more)}"#
        }
        #expect(try market.call("POST", "/offers", offer("x", #", "connection": "ean.0""#)).json["error"]?.text?.contains("config.resources does not have") == true)
        #expect(try market.call("POST", "/offers", offer("x", #", "connection": "ean.541448820000000012", "place": "N3""#)).status == 400)
        #expect(try market.call("POST", "/offers", offer("o1", #", "connection": "ean.541448820000000012""#)).status == 200)
        #expect(try market.call("POST", "/needs").json["proposed_orders"]?[0]?["offer"]?.text == "o1")
        let answer = try market.call("POST", "/offers/o1/order", "{}")
        let id = try #require(answer.json["offers"]?[0]?["request"]?.text, "\(answer.json)")
        let record = try market.record(id)
        #expect(record["state"]?.text == "accepted" && record["request"]?["location"]?["connection"]?.text == "ean.541448820000000012")
        #expect(record["baseline"]?["method"]?.text == "meter-before-meter-after" && record["order"]?["price"]?.number == 0.05)
        let powers = (record["order"]?["kw"]?.elements ?? []).compactMap(\.number)
        #expect(!powers.isEmpty && powers.allSatisfy { $0 < 0 })
        // What is ordered is reckoned with, once.
        #expect(try market.call("POST", "/needs").json["is_free"]?.boolean == true)

        // The connection takes 900 kW, and all that was ordered less in the ordered quarters of an hour but the first, where it gives half.
        let begin = try market.begin(id)
        var points: [StoredPoint] = []
        for quarter in -8..<(powers.count + 8) {
            let ordered = powers.indices.contains(quarter) ? powers[quarter] * (quarter == 0 ? 0.5 : 1) : 0
            points.append(StoredPoint(begin + .seconds(900 * (quarter + (stamps == "end" ? 1 : 0))), (900 + ordered) * 1000))
        }
        market.service.store("p", of: "smart_meters", tags: ["meter": "m-12"], points)
        market.service.store("p", of: "smart_meters", tags: ["meter": "m-13"], points.map { StoredPoint($0.time, 5) })
        try market.finish(id)
        let settled = try market.record(id)
        #expect(try market.states(id) == ["received", "checked", "offered", "accepted", "activating", "active", "completed", "verified", "settled"])
        let whole = powers.reduce(0) { $0 - $1 } / 4, half = -powers[0] / 8
        func isNear(_ key: String, _ expected: Double) -> Bool { settled["settlement"]?[key]?.number.map { abs($0 - expected) < 1e-6 } == true }
        #expect(isNear("ordered_kwh", whole) && isNear("delivered_kwh", whole - half) && isNear("net", (whole - half) * 0.05 - half * 0.1), "\(settled)")
        let csv = try market.service.request("GET", "/settlements", query: [("format", "csv")])
        #expect(String(decoding: csv.body, as: UTF8.self).contains(id))
        #expect(!market.service.commands.contains { $0.command.device.hasPrefix("ean") }, "a connection is not commanded")
        // The offer's time is over: nothing of it stays.
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 90 * 60 + 20))
        #expect(try market.call("GET", "/offers").json["offers"]?.elements?.isEmpty == true && market.service.last(on: "flexibility/orders/o1")?.payload.isEmpty == true)
    }

    @Test("what one resource refuses does not hide what is foreseen") func refusedNeed() throws {
        let config = PlayedMarket.config(
            #", "injections": [{"load": "H5", "forecast": "feeder"}], "need": {"repeat_minutes": 15, "horizon_hours": 4, "accept": true}"#)
            .replacing(#""baseline": {"#, with: #""baseline": {"methods": ["external"], "#)
        let market = try PlayedMarket(config: config)
        try market.estimate([:])
        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_100)
        let need = try market.call("POST", "/needs")
        #expect(need.status == 200 && need.json["is_free"]?.boolean == false && need.json["requests"]?.elements?.isEmpty == false, "\(need.json)")
        guard case .degraded(let sentence) = try market.service.health() else { Issue.record("the service does not say what it could not ask for"); return }
        #expect(sentence.contains("could be asked for") && sentence.contains("has no baseline"), "\(sentence)")
    }

    @Test("the network tariff of tomorrow has a price for each node and hour, dear behind what is congested") func tariff() throws {
        let market = try PlayedMarket(config: Self.config(#", "tariff_at": "13:00""#))
        try market.forecast("feeder", low: 2_000, median: 2_500, high: 3_100)
        try market.run(1)
        let told = try #require(market.service.last(on: "flexibility/tariffs/mv"))
        let tariff = try told.payload.withUnsafeBytes { try JSONValue($0) }
        #expect(told.retain && tariff["day"]?.text == "2024-06-02" && tariff["hours"]?.elements?.count == 24 && tariff["hours"]?[0]?.text == "2024-06-01T22:00:00Z")
        func price(_ id: String) throws -> Double {
            try #require(tariff["nodes"]?.elements?.first { $0["id"]?.text == id || $0["name"]?.text == id }?["price"]?[0]?.number)
        }
        // Where the cable is full another kWh costs what the cure costs; at the busbar before it, hardly more than losses.
        let (behind, before) = (try price("N5"), try price("N1"))
        #expect(behind > 0.1 && before < 0.05, "\(behind), \(before)")
        #expect(market.service.points("price", of: "network_tariff", tags: ["grid": "mv", "node": "N5"]).count == 24)
        #expect(try market.call("GET", "/tariff").json["day"]?.text == "2024-06-02")
        #expect(try market.call("POST", "/tariff", #"{"day": "2020-01-01"}"#).status == 400)
        // What makes it dear is named, at the price that its violation has.
        let binding = try #require(tariff["binding"]?.elements)
        #expect(!binding.isEmpty && binding.allSatisfy { $0["kind"]?.text == "current" && ($0["shadow_price"]?.number ?? 0) > 0 && $0["start"]?.text?.hasPrefix("2024-06-0") == true }, "\(binding)")
    }

    @Test("what waits for forecasts goes on as soon as they are there, and reach as far as is asked for") func waiting() throws {
        let market = try PlayedMarket(config: Self.config(#", "tariff_at": "13:00""#))
        try market.run(1)
        #expect(try market.call("GET", "/needs").status == 404)
        let refused = try market.call("POST", "/tariff", #"{"day": "2024-06-02"}"#)
        #expect(refused.status == 409 && refused.json["error"]?.text?.contains("the forecasts of feeder are missing or end before") == true, "\(refused.json)")
        // Eight hours are enough to look two hours ahead, and not for the tariff of tomorrow.
        try market.forecast("feeder", low: 700, median: 800, high: 900, quarters: 32)
        try market.run(1)
        #expect(try market.call("GET", "/needs").json["is_free"]?.boolean == true)
        #expect(try market.call("POST", "/tariff", #"{"day": "2024-06-02"}"#).status == 409)
        let none = try market.call("GET", "/tariff")
        #expect(none.status == 404 && none.json["error"]?.text?.contains("the tariff of 2024-06-02 waits") == true, "\(none.json)")
        guard case .degraded = try market.service.health() else { Issue.record("the service does not say that the tariff waits"); return }
        try market.forecast("feeder", low: 700, median: 800, high: 900)
        try market.run(1)
        let tariff = try market.call("GET", "/tariff").json
        #expect(tariff["day"]?.text == "2024-06-02" && tariff["is_free"]?.boolean == true && tariff["binding"]?.elements?.isEmpty == true)
        guard case .well = try market.service.health() else { Issue.record("the service is not well: \(try market.service.health())"); return }
        // One that is asked for is not replaced by the one that is made by itself.
        #expect(try market.call("POST", "/tariff", #"{"day": "2024-06-03"}"#).status == 200)
        try market.run(1)
        #expect(try market.call("GET", "/tariff").json["day"]?.text == "2024-06-03")
    }
}

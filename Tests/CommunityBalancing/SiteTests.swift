import PluginAPI
import PluginTestKit
import Testing

@Suite("What a community knows of its site")
struct SiteTests {
    /// 2024-06-01T12:00:00Z is 14:00 in Berlin; the harness begins there.
    @Test("the daily schedule and its slots go by the site's clocks") func localSchedule() throws {
        let community = try PlayedCommunity(config: PlayedCommunity.config(
            #", "time_zone": "Europe/Berlin", "schedule": [{"at": "12:01", "mode": 1}, {"at": "14:01", "days": ["sat"], "mode": 3, "duration_minutes": 90, "slots": [{"id": "tea", "start": "15:00", "end": "15:30", "energy_kwh": 5}]}, {"at": "14:01", "days": ["sun"], "mode": 1}]"#))
        try community.run(8)
        let state = try community.state
        #expect(state["mode"]?.integer == 3 && state["end"]?.text == "2024-06-01T13:31:00Z", "\(state["end"]?.text ?? "no end")")
        let plan = try community.get("/communities/abb/plan")
        let exchange = try #require(plan["exchange_kw"]?.elements).compactMap(\.number)
        // 15:00 in Berlin is the fifth quarter of an hour from 12:00 UTC on: 5 kWh in half an hour.
        #expect(exchange.count == 24 && abs(exchange[4] - 10) < 1e-4 && abs(exchange[5] - 10) < 1e-4 && abs(exchange[3]) < 1e-4, "\(exchange)")
        // It outlives a restart like any other mode.
        try community.service.stop().configure(PlayedCommunity.config(#", "time_zone": "Europe/Berlin""#)).start()
        try community.run(3)
        #expect(try community.state["mode"]?.integer == 3)
    }

    @Test("batteries follow the hours of the tariff, and prices that are published take their place") func tariff() throws {
        let hours = (0..<24).map { $0 == 15 ? "9" : "0.2" }.joined(separator: ", ")
        let community = try PlayedCommunity(config: PlayedCommunity.config(
            #", "time_zone": "Europe/Berlin", "tariff": {"import": [\#(hours)], "export": 0.1}, "prices": {"exchange": 0, "peak": 0, "throughput": 0.01}"#), initialKWh: 8)
        community.loadKW = 4
        try community.run(2)
        try community.mode("1")
        try community.run(3)
        func exchange() throws -> [Double] { try #require(try community.get("/communities/abb/plan")["exchange_kw"]?.elements).compactMap(\.number) }
        // 15:00 to 16:00 in Berlin is 13:00 to 14:00 UTC: nothing is bought there.
        let byHour = try exchange()
        #expect(byHour[4..<8].allSatisfy { $0 < 1e-6 } && byHour[0] > 3.9, "\(byHour)")
        try community.service.publish(
            "communities/abb/tariff", #"{"start": "2024-06-01T12:00:00Z", "step_minutes": 60, "import": [0.2, 0.2, 9, 0.2, 0.2, 0.2], "export": [0, 0, 0, 0, 0, 0]}"#)
        try community.run(2)
        let published = try exchange()
        #expect(published[8..<12].allSatisfy { $0 < 1e-6 } && published[4..<8].contains { $0 > 1 }, "\(published)")
        try community.service.publish("communities/abb/tariff", #"{"start": "2024-06-01T12:00:00Z", "step_minutes": 60, "import": [0.1], "export": [0.2]}"#)
        #expect(community.service.log.contains { $0.text.contains("expected export to earn no more") })
    }

    @Test("the estimated grid says what the transformer carries where the manifest does not") func transformer() throws {
        let config = PlayedCommunity.config().replacing(#"{"import_kw": 100, "export_kw": 100}"#, with: #"{"branch": "T1"}"#)
        let community = try PlayedCommunity(config: config)
        try community.run(2)
        try community.mode("1")
        try community.run(2)
        #expect(try community.state["state"]?.text == "planning")
        #expect(try community.events.contains { $0.sentence.contains("nothing says yet what the transformer carries") && $0.sentence.contains("'T1'") })
        // 30 kW and 40 kvar at half of the rating: 100 kVA, beside 40 kvar some 91.7 kW.
        try community.service.publish("estimates/grid", #"{"branches": [{"id": "T1", "p_from": 30000, "q_from": 40000, "loading_percent": 50}]}"#)
        try community.run(3)
        let state = try community.state
        #expect(state["state"]?.text == "following", "\(community.story)")
        #expect(abs((state["import_limit_kw"]?.number ?? 0) - 8400.squareRoot()) < 1e-6)
    }

    @Test("a set-point of intervals is followed in them, and the mode before goes on afterwards") func intervals() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode("1")
        try community.run(3)
        try community.mode(
            #"{"mode": 2, "resume": true, "source": "flexibility", "intervals": [{"start": "2024-06-01T12:02:00Z", "duration_minutes": 2, "target_kw": -6}, {"start": "2024-06-01T12:04:00Z", "end": "2024-06-01T12:06:00Z", "target_kw": 5}]}"#)
        try community.run(1)
        let state = try community.state
        #expect(state["mode"]?.integer == 2 && state["then"]?.text == "UC1" && state["end"]?.text == "2024-06-01T12:06:00Z")
        try community.run(14)
        #expect(abs(community.exchangeKW + 6) < 0.6, "\(community.exchangeKW)")
        try community.run(12)
        #expect(abs(community.exchangeKW - 5) < 0.6, "\(community.exchangeKW)")
        try community.run(10)
        #expect(try community.state["mode"]?.integer == 1)
        #expect(try community.events.contains { $0.sentence.contains("its time is over") })
    }

    @Test("the state tells what the assets could do beyond what they do, also while nothing is asked of them") func flexibility() throws {
        let community = try PlayedCommunity()
        try community.run(3)
        let state = try community.state
        // Two batteries of 20 kW at rest, each with 20 of 40 kWh between 2 and 38.
        #expect(state["mode"]?.integer == 0 && state["up_kw"]?.number == 40 && state["down_kw"]?.number == 40)
        #expect(abs((state["up_kwh"]?.number ?? 0) - 36 / 0.95) < 1e-9 && abs((state["down_kwh"]?.number ?? 0) - 36 * 0.95) < 1e-9)
        #expect(state["stored_kwh"]?.number == 40 && state["capacity_kwh"]?.number == 80)
    }

    @Test("devices announce a community that nobody described, as far as the configuration has a template") func announcedCommunity() throws {
        let template = #""announced_communities": {"transformer": {"import_kw": 50}, "horizon_hours": 6, "watch": {"tolerance_kw": 0.5}}"#
        let community = try PlayedCommunity(config: #"{"wait": true, "store": {}, \#(template)}"#, names: [])
        try community.service.publish(
            "assets/b9/report", #"{"community": "new", "kind": "battery", "maximum_kw": 5, "feed_kw": 5, "capacity_kwh": 10, "power_kw": 0, "energy_kwh": 5}"#)
        try community.service.publish("communities/new/exchange", #"{"power_kw": 3}"#)
        try community.service.publish("communities/new/mode/set", #"{"mode": 2, "target_kw": 0}"#)
        try community.service.advance(by: .seconds(20))
        #expect(try community.get("/communities")["communities"]?.elements?.compactMap { $0["community"]?.text } == ["new"])
        #expect(community.service.commands.contains { $0.command.device == "b9" })
    }

    @Test("the peak of the day so far costs nothing more, and no energy is spent to stay below it") func dayPeak() throws {
        let community = try PlayedCommunity(config: PlayedCommunity.config(#", "prices": {"exchange": 0, "peak": 1, "throughput": 0.01}"#, names: ["b1"]), names: ["b1"], initialKWh: 2)
        community.loadKW = 30
        try community.run(2)
        try community.mode("1")
        try community.run(100)
        community.loadKW = 10
        community.batteries["b1"]?.energyKWh = 20
        try community.run(90)
        // With thirty kilowatts behind it, ten are no reason to use the battery.
        let plan = try community.get("/communities/abb/plan")
        let powers = try #require(plan["powers_kw"]?["b1"]?.elements).compactMap(\.number)
        #expect(powers.allSatisfy { abs($0) < 1e-4 }, "\(powers)")
    }
}

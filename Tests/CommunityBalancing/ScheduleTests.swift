import PluginAPI
import PluginTestKit
import Testing

@Suite("The daily schedule")
struct ScheduleTests {
    private func config(_ schedule: String) -> String { PlayedCommunity.config(#", "time_zone": "Europe/Berlin", "schedule": [\#(schedule)]"#) }

    /// The harness begins at 2024-06-01T12:00:00Z, 14:00 in Berlin.
    @Test("what was due while the service was not there begins after it, and ends when it was to") func missed() throws {
        let config = config(#"{"at": "14:05", "mode": 1, "duration_minutes": 30}, {"at": "14:07", "mode": 2, "target_kw": 3, "duration_minutes": 1}"#)
        let community = try PlayedCommunity(config: config)
        try community.run(12)
        #expect(try community.state["mode"]?.integer == 0)
        // Away from 14:02 to 14:06.
        try community.service.stop().advance(by: .seconds(240)).configure(config).start()
        try community.run(3)
        let state = try community.state
        #expect(state["mode"]?.integer == 1 && state["end"]?.text == "2024-06-01T12:35:00Z", "\(state)")
        // And from there to 14:20: the mode of one minute is over by then.
        try community.service.stop().advance(by: .seconds(840)).configure(config).start()
        try community.run(3)
        #expect(!community.story.contains("UC2"))
    }

    @Test("a mode that an operator stopped does not come back with the service") func stopped() throws {
        let config = config(#"{"at": "14:01", "mode": 1, "duration_minutes": 60}"#)
        let community = try PlayedCommunity(config: config)
        try community.run(9)
        #expect(try community.state["mode"]?.integer == 1)
        try community.mode("0")
        try community.run(1)
        try community.service.stop().configure(config).start()
        try community.run(3)
        #expect(try community.state["mode"]?.integer == 0)
    }

    @Test("a slot that begins and ends after midnight is one of the next day") func nextDay() throws {
        let community = try PlayedCommunity(config: config(
            #"{"at": "14:01", "mode": 3, "duration_minutes": 720, "slots": [{"id": "night", "start": "01:00", "end": "01:30", "energy_kwh": 5}, {"id": "late", "start": "23:30", "end": "00:30", "energy_kwh": 5}]}"#))
        try community.run(9)
        #expect(try community.state["mode"]?.integer == 3 && community.state["end"]?.text == "2024-06-02T00:01:00Z", "\(community.story)")
    }
}

@Suite("Messages that can't be meant so")
struct MessageTests {
    @Test("a mode is refused where a part of it would be passed over", arguments: [
        (#"{"mode": 1, "duration": 60}"#, "unknown key 'duration'"), (#"{"mode": 1, "duration_minutes": "60"}"#, "duration_minutes is a text"),
        (#"{"mode": 1, "duration_minutes": 5, "end": "2024-06-01T13:00:00Z"}"#, "give one of them"), (#"{"mode": 1, "resume": "yes"}"#, "expected true or false"),
        (#"{"mode": 2, "target_kw": 5, "end": "2261-01-01T00:00:00Z"}"#, "expected a time"), (#"{"mode": 3, "slots": {}}"#, "expected a list of up to 200"),
        (#"{"mode": 4, "packages": [{"earliest": "2024-06-01T13:00:00Z", "latest_end": "2024-06-01T13:10:00Z", "duration_minutes": 15, "maximum_kw": 5}]}"#, "does not fit between"),
    ])
    func modes(body: String, sentence: String) throws {
        let community = try PlayedCommunity()
        let answer = try community.service.request("PUT", "/communities/abb/mode", body: body)
        #expect(answer.status == 400 && String(decoding: answer.body, as: UTF8.self).contains(sentence), "\(String(decoding: answer.body, as: UTF8.self))")
    }

    @Test("forecasts and measurements that can't be are left, and the community is balanced on", arguments: [
        ("forecasts/load", #"{"start": "1678-01-01T00:00:00Z", "step_minutes": 15, "quantiles": {"q50": [1]}}"#),
        ("forecasts/load", #"{"start": "2024-06-01T12:00:00Z", "step_minutes": 1e-12, "quantiles": {"q50": [1, 2]}}"#),
        ("communities/abb/exchange", #"{"power_kw": 1e300}"#), ("assets/b1/report", #"{"power_kw": 0, "energy_kwh": 1e12}"#),
    ])
    func impossible(topic: String, payload: String) throws {
        let community = try PlayedCommunity(config: PlayedCommunity.config(#", "forecasts": {"load": "load"}"#))
        try community.run(2)
        try community.service.publish(topic, payload)
        try community.mode(#"{"mode": 2, "target_kw": 5}"#)
        try community.run(8)
        #expect(try community.state["state"]?.text == "following" && abs(community.exchangeKW - 5) < 0.6, "\(community.exchangeKW): \(community.story)")
    }

    @Test("one PMU may measure several communities' transformers") func sharedMeter() throws {
        let community = try PlayedCommunity(config: #"""
            {"wait": true, "store": {}, "communities": [
             {"name": "abb", "transformer": {"import_kw": 100}, "exchange": {"topic": "/pmu/breaker", "component": "T1"}, "horizon_hours": 6},
             {"name": "other", "transformer": {"import_kw": 100}, "exchange": {"topic": "/pmu/breaker", "component": "T2"}, "horizon_hours": 6}]}
            """#, names: [])
        try community.service.publish(
            "/pmu/breaker",
            #"{"device": "p", "readings": [{"component": "T1", "measurand": "activepower", "data": 7000}, {"component": "T2", "measurand": "activepower", "data": 9000}]}"#)
        try community.service.advance(by: .seconds(20))
        let told = try community.get("/communities")["communities"]?.elements?.map { $0["exchange_kw"]?.number }
        #expect(told == [7, 9], "\(String(describing: told))")
    }

    @Test("the mode of a community that announced itself outlives a restart") func announcedMode() throws {
        let config = #"{"wait": true, "store": {}, "announced_communities": {"transformer": {"import_kw": 50}, "horizon_hours": 6}}"#
        let community = try PlayedCommunity(config: config, names: [])
        let report = #"{"community": "new", "kind": "battery", "maximum_kw": 5, "feed_kw": 5, "capacity_kwh": 10, "power_kw": 0, "energy_kwh": 5}"#
        try community.service.publish("assets/b9/report", report)
        try community.service.publish("communities/new/mode/set", #"{"mode": 2, "target_kw": 1}"#)
        try community.service.stop().configure(config).start()
        try community.service.publish("assets/b9/report", report)
        try community.service.advance(by: .seconds(20))
        #expect(try community.get("/communities")["communities"]?[0]?["mode"]?.integer == 2)
    }
}

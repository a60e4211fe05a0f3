import PluginAPI
import PluginTestKit
import Testing

@Suite("What balancing answers")
struct RouteTests {
    @Test("pymfm's requests and problems in our own form are planned and answered") func plans() throws {
        let community = try PlayedCommunity()
        let request = """
            {"id": "x", "application": "pymfm", "control_logic": "rule_based", "operation_mode": "near_real_time", "uc_start": "2021-04-01T00:00:00Z", "uc_end": "2021-04-01T23:45:00Z",
             "measurements_request": {"timestamp": "2021-04-01T00:00:00Z", "P_req_kW": 20, "delta_T_h": 0.25, "P_net_meas_kW": -25.5}, "battery_specs": [{"id": "b", "bat_type": "cbes",
             "initial_SoC": 20, "P_dis_max_kW": 300, "P_ch_max_kW": 300, "min_SoC": 10, "max_SoC": 90, "bat_capacity_kWh": 800, "ch_efficiency": 0.9, "dis_efficiency": 0.9}]}
            """
        let answer = try community.service.request("POST", "/pymfm", body: request)
        let row = try #require(try answer.body.withUnsafeBytes { try JSONValue($0) }["results"]?[0])
        #expect(answer.status == 200 && row["P_bat_1_kW"]?.number == 45.5 && row["P_net_after_kW"]?.number == 20)
        let problem = """
            {"steps": 4, "dt_h": 1, "use_case": "UC1", "transformer": {"p_import_max_kw": 50, "p_export_max_kw": 50}, "households": [{"id": "h", "load_kw": [4, 4, 4, 4]}],
             "batteries": [{"id": "b", "e_min_kwh": 0, "e_max_kwh": 20, "p_charge_kw": 8, "p_discharge_kw": 8, "eta_charge": 1, "eta_discharge": 1, "e0_kwh": 8}]}
            """
        let plan = try community.service.request("POST", "/plan", body: problem)
        let exchange = try #require(try plan.body.withUnsafeBytes { try JSONValue($0) }["exchange_kw"]?.elements).compactMap(\.number)
        #expect(plan.status == 200 && abs(exchange.reduce(0, +) - 8) < 1e-5)
        let refused = try community.service.request("POST", "/plan", body: #"{"steps": 4}"#)
        #expect(refused.status == 400 && String(decoding: refused.body, as: UTF8.self).contains("p_import_max_kw"))
    }

    @Test("the report of the run that goes on is there as JSON, CSV and a page") func reports() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode("1")
        try community.run(6)
        #expect(try community.get("/communities/abb/runs/current/report")["indicators"]?["import_kwh"]?.number != nil)
        let csv = try community.service.request("GET", "/communities/abb/runs/current/report", query: [("format", "csv")])
        #expect(csv.contentType.hasPrefix("text/csv") && String(decoding: csv.body, as: UTF8.self).hasPrefix("indicator,value,unit\n"))
        let page = try community.service.request("GET", "/communities/abb/runs/current/report", query: [("format", "html")])
        #expect(String(decoding: page.body, as: UTF8.self).contains("<h1>abb: UC1,"))
        #expect(try community.service.request("GET", "/communities/abb/runs/99/report").status == 404)
        #expect(community.service.points("exchange_kw", of: "balancing", tags: ["community": "abb"]).count >= 5)
        #expect(community.service.metric("plans_total") ?? 0 >= 1)
    }

    @Test("forecasts of a series are planned with, in whatever unit, and an estimated line limits what is behind it") func inputs() throws {
        let community = try PlayedCommunity(config: PlayedCommunity.config(
            #", "forecasts": {"load": "abb-load"}, "reserve": {}, "lines": [{"id": "L7", "members": ["b1"], "limit_kw": 15, "branch": "L7"}]"#))
        let values = (0..<24).map { $0 < 12 ? "6000" : "30000" }.joined(separator: ", ")
        try community.service.publish(
            "forecasts/abb-load",
            #"{"series": "abb-load", "unit": "W", "start": "2024-06-01T12:00:00Z", "step_minutes": 15, "quantiles": {"q10": [\#(values)], "q50": [\#(values)], "q90": [\#(values)]}}"#)
        try community.service.publish("estimates/grid", #"{"branches": [{"id": "L7", "p_from": 4000, "loading_percent": 50}]}"#)
        try community.run(2)
        try community.mode("1")
        try community.run(3)
        let plan = try community.get("/communities/abb/plan")
        let exchange = try #require(plan["exchange_kw"]?.elements).compactMap(\.number)
        // The batteries are kept for the hours that are forecast to be hard, within the line's eight kilowatts.
        #expect(exchange[12...].max().map { $0 < 29 } == true)
        let powers = try #require(plan["powers_kw"]?["b1"]?.elements).compactMap(\.number)
        #expect(powers.allSatisfy { abs($0) <= 8 + 1e-6 })
    }

    @Test(
        "wrong configurations are refused with the place and what was expected",
        arguments: [
            ("{}", "config.communities is missing"), (#"{"communities": [{"name": "a/b"}]}"#, "communities.0.name is missing or no topic level"),
            (#"{"communities": [{"name": "a"}]}"#, "transformer is missing"),
            (#"{"communities": [{"name": "a", "transformer": {"import_kw": 1}, "assets": [{"id": "x", "kind": "cow"}]}]}"#, "kind is 'cow'"),
            (#"{"communities": [{"name": "a", "transformer": {"import_kw": 1}, "assets": [{"id": "x", "kind": "battery", "maximum_kw": 3}]}]}"#, "capacity_kwh is missing"),
            (#"{"communities": [{"name": "a", "transformer": {"import_kw": 1}, "schedule": [{"at": "25:00", "mode": 1}]}]}"#, "schedule.0.at is '25:00', expected a time such as 06:30"),
        ])
    func configurations(config: String, sentence: String) throws {
        let community = try PlayedCommunity()
        let error = #expect(throws: ServiceError.self) { try community.service.validate(config) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }
}

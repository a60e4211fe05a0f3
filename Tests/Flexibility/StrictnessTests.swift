import PluginAPI
import PluginTestKit
import Testing

@Suite("What is wrong is refused, and never guessed")
struct StrictnessTests {
    @Test("who speaks UFTP is refused in UFTP") func refusedUFTP() throws {
        let market = try PlayedMarket()
        for (from, to, sentence) in [
            (#"Duration="2""#, #"Duration="9223372036854775807""#, "has 96 periods"), (#"Start="60""#, #"Start="9223372036854775807""#, "has 96 periods"),
            ("3f1c9a52-0000", "a/#", "no topic level"), ("ea1.2026-01.dso.example:feeder", "ea1.2026-01.dso.example:other", "there is no flexibility"),
        ] {
            let text = RouteTests.flexRequest.replacing(from, with: to)
            let answer = try market.service.request("POST", "/uftp", body: text, contentType: "application/xml")
            let xml = String(decoding: answer.body, as: UTF8.self)
            #expect(answer.status == 400 && xml.contains("<FlexRequestResponse") && xml.contains(#"Result="Rejected""#) && xml.contains(sentence), "\(xml)")
        }
        #expect(try market.call("GET", "/requests").json["total"]?.integer == 0)
        // An order that is not of the offer that stands, and one that can't be.
        _ = try market.service.request("POST", "/uftp", body: RouteTests.flexRequest, contentType: "application/xml")
        let order = """
            {"FlexOrder": {"SenderDomain": "dso.example", "MessageID": "m2", "ConversationID": "3f1c9a52-0000-4000-8000-000000000001", "FlexOfferMessageID": "older",
             "ISP-Duration": "PT15M", "TimeZone": "Europe/Berlin", "Period": "2024-06-01", "OrderReference": "o", "ISP": [{"Start": 60, "Duration": -3, "Power": 1}]}}
            """
        for text in [order, order.replacing(#""Duration": -3, "Power": 1"#, with: #""Duration": 2, "Power": -120000"#)] {
            let refused = try market.call("POST", "/uftp", text)
            #expect(refused.status >= 400 && refused.json["FlexOrderResponse"]?["Result"]?.text == "Rejected" && refused.json["FlexOrderResponse"]?["FlexOrderMessageID"]?.text == "m2")
        }
        #expect(try market.state("3f1c9a52-0000-4000-8000-000000000001") == "offered")
    }

    @Test("what is meant is not guessed: a factor in quotes, an unknown key, a name of the service's own") func strict() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("q", #""power_kw": 100"#))
        for (body, sentence) in [
            (#"{"activation_factor": "0.5"}"#, "activation_factor is '0.5', expected a number"), (#"{"factor": 0.5}"#, "unknown key 'factor'"),
            (#"{"activation_factor": 5}"#, "expected a number from 0.01"),
        ] {
            let answer = try market.call("POST", "/requests/q/accept", body)
            #expect(answer.status == 400 && answer.json["error"]?.text?.contains(sentence) == true, "\(answer.json)")
            try market.service.publish("flexibility/requests/q/accept", body)
            let refusal = try #require(market.service.last(on: "flexibility/requests/q/refusals"))
            #expect(String(decoding: refusal.payload, as: UTF8.self).contains(sentence))
        }
        #expect(try market.state("q") == "offered")
        for id in ["need-abb-1", "order-o1-1"] {
            #expect(try market.call("POST", "/requests", market.body(id, #""power_kw": 5"#)).json["error"]?.text?.contains("the service's own") == true)
        }
        let far = #"{"id": "f", "location": {"community": "abb"}, "intervals": [{"start": "1678-01-01T00:00:00Z", "end": "2261-01-01T00:00:00Z", "power_kw": 5}]}"#
        #expect(try market.call("POST", "/requests", far).status == 400)
        // Without a body all of it is ordered, over the databus too; the same order again is one.
        try market.service.publish("flexibility/requests/q/accept", "")
        try market.service.publish("flexibility/requests/q/accept", "")
        #expect(try market.states("q") == ["received", "checked", "offered", "accepted"])
    }

    @Test("messages of times and powers that can't be are left, and the service goes on", arguments: [
        ("forecasts/abb-load", #"{"start": "1678-01-01T00:00:00Z", "step_minutes": 15, "quantiles": {"q50": [1]}}"#),
        ("forecasts/abb-load", #"{"start": "2024-06-01T12:00:00Z", "step_minutes": 1e-12, "quantiles": {"q50": [1, 2]}}"#),
        ("communities/abb/state", #"{"mode": 0, "exchange_kw": 1e300, "up_kw": 5, "down_kw": 5}"#),
        ("assets/bess/report", #"{"power_kw": 1, "band_kw": [-1e300, 1e300]}"#),
    ])
    func impossible(topic: String, payload: String) throws {
        let market = try PlayedMarket()
        let refused = market.service.log.count
        try market.service.publish(topic, payload)
        #expect(market.service.log.count > refused, "what is left is told")
        try market.ask(market.body("j", #""power_kw": 50"#, minutes: 45))
        try market.accept("j")
        try market.run(2)
        #expect(try market.call("GET", "/availability", query: [("location", "abb")]).json["locations"]?[0]?["up_kw"]?["p50"]?[0]?.number == 3_700)
    }
}

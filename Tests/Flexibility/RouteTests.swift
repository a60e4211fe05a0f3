import PluginAPI
import PluginTestKit
import Testing

@Suite("What the market asks and is answered")
struct RouteTests {
    static let flexRequest = """
        <FlexRequest Version="3.0.0" SenderDomain="dso.example" RecipientDomain="agr.example" TimeStamp="2024-06-01T12:00:00Z" MessageID="m1" \
        ConversationID="3f1c9a52-0000-4000-8000-000000000001" ISP-Duration="PT15M" TimeZone="Europe/Berlin" Period="2024-06-01" \
        CongestionPoint="ea1.2026-01.dso.example:feeder" Revision="1" ExpirationDateTime="2024-06-01T14:30:00+02:00">
          <ISP Disposition="Requested" MinPower="-120000" MaxPower="0" Start="60" Duration="2"/>
        </FlexRequest>
        """

    @Test("a FlexRequest is answered by a FlexOffer, a FlexOrder by its acceptance, in XML as in JSON") func uftp() throws {
        let market = try PlayedMarket()
        let answer = try market.service.request("POST", "/uftp", body: Self.flexRequest, contentType: "application/xml")
        let offer = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.status == 200 && answer.contentType == "application/xml" && offer.contains("<FlexOffer") && offer.contains(#"Power="-120000""#), "\(offer)")
        #expect(offer.contains(#"SenderDomain="agr.example""#) && offer.contains(#"Duration="2""#) && offer.contains(#"Start="60""#))
        let order = """
            {"FlexOrder": {"SenderDomain": "dso.example", "RecipientDomain": "agr.example", "MessageID": "m2", "ConversationID": "3f1c9a52-0000-4000-8000-000000000001",
             "ISP-Duration": "PT15M", "TimeZone": "Europe/Berlin", "Period": "2024-06-01", "OrderReference": "o-77", "ActivationFactor": 0.5,
             "ISP": [{"Start": 60, "Duration": 2, "Power": -120000}]}}
            """
        let taken = try market.call("POST", "/uftp", order)
        #expect(taken.status == 200 && taken.json["FlexOrderResponse"]?["Result"]?.text == "Accepted", "\(taken.json)")
        let record = try market.record("3f1c9a52-0000-4000-8000-000000000001")
        #expect(record["state"]?.text == "accepted" && record["order"]?["reference"]?.text == "o-77" && record["order"]?["kw"]?[0]?.number == -60)
        #expect(try market.call("POST", "/uftp", order).status == 200, "the same order twice is one")
        #expect(try market.call("POST", "/uftp", #"{"Metering": {}}"#).status == 400)
    }

    @Test("what can't be is refused: unknown places, queries, roles") func refusals() throws {
        let market = try PlayedMarket()
        for (body, sentence) in [
            (market.body("a", #""power_kw": 5"#, location: #"{"community": "nowhere"}"#), "config.resources has no community or asset there"),
            (market.body("a", #""power_kw": 5"#, location: #"{"nodes": ["N3"]}"#), "there is no flexibility"),
            (market.body("a", #""power_kw": 5"#, location: #"{"nodes": ["Q"]}"#), "no place 'Q'"), ("x", "not JSON"),
        ] {
            let answer = try market.call("POST", "/requests", body)
            #expect(answer.status == 400 && answer.json["error"]?.text?.contains(sentence) == true, "\(answer.json)")
        }
        #expect(try market.service.request("POST", "/requests", body: market.body("a", #""power_kw": 5"#), role: .viewer).status == 403)
        #expect(try market.call("GET", "/requests/none").status == 404)
        #expect(try market.call("GET", "/requests", query: [("state", "odd")]).status == 400)
        #expect(try market.call("GET", "/requests", query: [("from", "noon")]).status == 400)
        #expect(try market.call("GET", "/requests").json["requests"]?.elements?.isEmpty == true)
        #expect(try market.call("POST", "/needs").status == 409)
    }

    @Test("a direct asset is commanded through the arbiter, class balancing, and a refusal is told") func asset() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("d", #""power_kw": 90"#, location: #"{"asset": "bess"}"#))
        try market.accept("d")
        try market.run(until: market.begin("d") + .seconds(30))
        let command = try #require(market.service.commands.first { $0.command.device == "bess" })
        #expect(command.command.commandClass == .balancing && command.command.reason.contains("d"))
        #expect(try market.state("d") == "active" && market.power("bess") == 90)
        try market.finish("d")
        #expect(abs(market.power("bess")) < 1e-6)
    }

    @Test("wrong configurations are refused with the place and what was expected", arguments: [
        ("{}", "config.resources is missing"), (#"{"resources": [{"community": "a", "asset": "b"}]}"#, "either community or asset"),
        (#"{"resources": [{"connection": "a", "price": 1}]}"#, "unknown key 'price'"),
        (#"{"resources": [{"connection": "a", "meter": {"measurement": "m"}}]}"#, "needs measurement and field"),
        (#"{"resources": [{"community": "a"}], "congestion_points": [{"id": "a/#", "places": ["b"]}]}"#, "a name without / + #"),
        (#"{"resources": [{"community": "a"}, {"asset": "a"}]}"#, "names 'a' twice"), (#"{"resources": [{"community": "a"}], "site": {"time_zone": "Mars"}}"#, "config.site.time_zone is 'Mars'"),
        (#"{"resources": [{"community": "a"}], "period_minutes": 7}"#, "a part of an hour"), (#"{"resources": [{"community": "a"}], "quantiles": ["q10"]}"#, "q50 among them"),
        (#"{"resources": [{"community": "a"}], "grid": ["x"]}"#, "has no place"), (#"{"resources": [{"community": "a"}], "baseline": {"methods": ["guess"]}}"#, "has 'guess'"),
        (#"{"resources": [{"community": "a"}], "need": {"tariff_at": "25:00"}}"#, "a local time such as 14:00"),
        (#"{"resources": [{"community": "a"}], "market": {"accepts": ["me"]}}"#, "expected market, dso, tso or operator"),
    ])
    func configurations(config: String, sentence: String) throws {
        let market = try PlayedMarket()
        let error = #expect(throws: ServiceError.self) { try market.service.validate(config) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }

    @Test("without a grid model requests are checked against the assets alone") func noGrid() throws {
        let market = try PlayedMarket(config: #"{"resources": [{"community": "abb"}, {"asset": "bess"}], "activation": {"period": 10}}"#)
        let asked = try market.ask(market.body("n", #""power_kw": 3000"#))
        #expect(asked["check"]?["outcome"]?.text == "feasible" && asked["check"]?["effect"] == nil)
        try market.accept("n")
    }
}

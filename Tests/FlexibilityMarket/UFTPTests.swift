import FlexibilityMarket
import PluginAPI
import SiteCalendar
import Testing

@Suite("USEF Flex Trading Protocol")
struct UFTPTests {
    let periods: SettlementPeriods
    let writing: UFTPWriting
    let conversation = "3f1c9a52-0000-4000-8000-000000000001"

    init() throws {
        periods = SettlementPeriods(zone: try #require(SiteZone("Europe/Amsterdam")), minutes: 15)
        writing = UFTPWriting(periods, sender: "dso.example", recipient: "agr.example")
    }

    private var flexRequest: String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <FlexRequest Version="3.0.0" SenderDomain="dso.example" RecipientDomain="agr.example" TimeStamp="2026-03-28T09:00:00+01:00" MessageID="m1"
          ConversationID="\(conversation)" ISP-Duration="PT15M" TimeZone="Europe/Amsterdam" Period="2026-03-29" CongestionPoint="ea1.2026-01.dso.example:feeder-3"
          Revision="2" ExpirationDateTime="2026-03-29T00:00:00+01:00" ContractID="A &amp; B">
          <ISP Disposition="Available" MinPower="-10000" MaxPower="20000" Start="1" Duration="6"/>
          <ISP Disposition="Requested" MinPower="-40000" MaxPower="-5000" Start="7" Duration="4"/>
        </FlexRequest>
        """
    }

    private func element(_ xml: String) throws -> UFTPElement { try Array(xml.utf8).withUnsafeBytes { try UFTPElement(xml: $0) } }

    @Test("a FlexRequest of XML becomes a request: watt, numbers of periods and the day's change of clocks") func request() throws {
        let message = try element(flexRequest)
        #expect(message.attributes["ContractID"] == "A & B")
        let request = try UFTPReading(periods).request(message)
        #expect(request.id == conversation && request.revision == 2 && request.source == .dso && request.location == .congestionPoint("ea1.2026-01.dso.example:feeder-3"))
        // 29 March 2026: periods 7 to 10 are 01:30 to 02:00 CET, then 03:00 to 03:30 CEST.
        #expect(request.begin == time("2026-03-29T00:30:00Z") && request.end == time("2026-03-29T01:30:00Z"))
        #expect(request.intervals[1].kilowatts == -40 ... -5 && !request.intervals[0].isRequested)
        // And back, by XML and JSON.
        let back = try #require(try writing.request(request, at: noon).first)
        #expect(back.children == message.children && back.attributes["Period"] == "2026-03-29" && back.attributes["Revision"] == "2")
        #expect(try UFTPReading(periods).request(element(back.xml)).intervals == request.intervals)
        #expect(try UFTPElement(json(back.json.string)) == back)
    }

    @Test("what does not fit the site or the protocol is refused", arguments: [
        ("Europe/Amsterdam", "Europe/Athens", "this site of PT15M in Europe/Amsterdam"), ("PT15M", "PT30M", "speaks of PT30M"),
        ("Start=\"7\" Duration=\"4\"", "Start=\"90\" Duration=\"4\"", "has 92 periods"), ("Start=\"7\"", "Start=\"6\"", "addressed twice"),
        ("Requested", "Available", "no ISP with Disposition=Requested"), ("Start=\"7\"", "Start=\"x\"", "expected a whole number"),
        ("2026-03-29\" Con", "2026-02-30\" Con", "expected a day"), ("<FlexRequest", "<!DOCTYPE a [<!ENTITY b \"c\">]><FlexRequest", "document type"),
        ("</FlexRequest>", "", "no XML"), ("Start=\"7\" Duration=\"4\"", "Start=\"7\" Duration=\"9223372036854775807\"", "has 92 periods"),
        ("Start=\"7\" Duration=\"4\"", "Start=\"9223372036854775807\" Duration=\"4\"", "has 92 periods"), ("Duration=\"4\"", "Duration=\"-4\"", "has 92 periods"),
        ("MinPower=\"-40000\"", "MinPower=\"-9223372036854775808\"", "beyond a million kW"), ("\"Requested\"", "\"requested\"", "expected Requested or Available"),
        ("3f1c9a52-0000", "#/3f1c9a52", "no topic level"), ("2026-03-29T00:00:00+01:00", "1700-03-29T00:00:00+01:00", "expected a time"),
    ])
    func refusals(from: String, to: String, sentence: String) throws {
        let parts = flexRequest.split(separator: from, omittingEmptySubsequences: false)
        let text = parts.map { String($0) }.joined(separator: to)
        let error = #expect(throws: ServiceError.self) { try UFTPReading(periods).request(try element(text)) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }

    @Test("offer, order and settlement keep the periods; an order that changes them is refused") func cycle() throws {
        let request = try UFTPReading(periods).request(element(flexRequest))
        let record = RequestRecord(request, minutes: 15, actor: "dso", now: noon)
        for state in [RequestState.checked, .offered] { try record.move(to: state, actor: "test", reason: "", at: noon) }
        record.offer = Offer(kilowatts: [-40, -40, -25, -25], pricePerKWh: 0.2, minimumActivationFactor: 0.5, expires: noon)
        let offer = try #require(try writing.offer(record, currency: "EUR", at: noon).first)
        let option = try #require(offer.children("OfferOption").first)
        #expect(option.children.map { $0.attributes["Power"] } == ["-40000", "-25000"] && option.children.map { $0.attributes["Start"] } == ["7", "9"])
        #expect(try option.decimal("Price") == 6.5 && offer.attributes["FlexRequestMessageID"] == "m1")
        var order = UFTPElement("FlexOrder", offer.attributes, option.children)
        order.attributes.merge(["OrderReference": "o-1", "ActivationFactor": "0.8"]) { $1 }
        let taken = try UFTPReading(periods).order(order, of: record, currency: "EUR")
        #expect(taken.factor == 0.8 && taken.reference == "o-1")
        order.children[0].attributes["Power"] = "-39000"
        let refused = #expect(throws: ServiceError.self) { try UFTPReading(periods).order(order, of: record, currency: "EUR") }
        #expect(refused?.sentence.contains("copy the ISPs of the offer") == true)

        record.order = Order(by: "dso", time: noon, reference: "o-1", activationFactor: 1, kilowatts: [-40, -40, -25, -25], shares: [:], pricePerKWh: 0.2)
        record.baseline = Baseline(.external, reference: "plan", frozen: noon, kilowatts: [50, 50, 50, 50])
        record.verification = Verification().steps(
            record.steps, ordered: [-40, -40, -25, -25], baseline: [50, 50, 50, 50],
            metered: [.init(meanKW: 10, coverage: 1), .init(meanKW: 20, coverage: 1), .init(meanKW: 25, coverage: 1), nil], others: [])
        record.settlement = Settlement(record.verification ?? [], pricePerKWh: 0.2, penaltyPerKWh: 0.1, currency: "EUR", time: noon)
        let settlement = try writing.settlement([record], currency: "EUR", at: noon)
        let lines = try #require(settlement.children("FlexOrderSettlement").first)
        #expect(lines.children.map { $0.attributes["DeliveredFlexPower"] } == ["-40000", "-30000", "-25000"])
        #expect(lines.children.map { $0.attributes["PowerDeficiency"] } == ["0", "10000", "0"])
        // The price is that of the order (26.25 kWh), the penalty what is not paid for want of delivery and what is charged for it.
        #expect(try lines.decimal("Price") == 5.25 && lines.decimal("Penalty") == 0.75 && lines.decimal("NetSettlement") == 4.5)
        #expect(try writing.order(record, currency: "EUR", at: noon).first?.children == option.children)
    }

    @Test("an order is of the offer that stands: its message, price and periods; what is beyond the day is refused") func terms() throws {
        let request = try UFTPReading(periods).request(element(flexRequest))
        let record = RequestRecord(request, minutes: 15, actor: "dso", now: noon)
        record.offer = Offer(kilowatts: [-40, -40, -25, -25], pricePerKWh: 0.2, minimumActivationFactor: 0.333, expires: noon)
        let offer = try #require(try writing.offer(record, currency: "EUR", at: noon).first)
        let option = try #require(offer.children("OfferOption").first)
        #expect(option.attributes["MinActivationFactor"] == "0.34", "a factor has two digits")
        var order = UFTPElement("FlexOrder", offer.attributes, option.children)
        order.attributes.merge(["OrderReference": "o-1", "FlexOfferMessageID": offer.attributes["MessageID"] ?? "", "Price": "6.5", "OptionReference": "1"]) { $1 }
        #expect(try UFTPReading(periods).order(order, of: record, currency: "EUR").factor == 1)
        for (key, value, sentence) in [
            ("FlexOfferMessageID", conversation, "not the one that stands"), ("Price", "1", "offered were 6.5"), ("Currency", "USD", "offered was in EUR"),
            ("OptionReference", "2", "option 1 alone"), ("Period", "2026-03-30", "touches other days"),
        ] {
            var other = order
            other.attributes[key] = value
            let error = #expect(throws: ServiceError.self) { try UFTPReading(periods).order(other, of: record, currency: "EUR") }
            #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
        }
        for (key, value) in [("Duration", "-2"), ("Duration", "9223372036854775807"), ("Start", "9223372036854775807"), ("Power", "-9223372036854775808")] {
            var other = order
            other.children[0].attributes[key] = value
            #expect(throws: ServiceError.self) { try UFTPReading(periods).order(other, of: record, currency: "EUR") }
        }
        // Offered anew for another price it is another message.
        record.offer = Offer(kilowatts: [-40, -40, -25, -25], pricePerKWh: 0.3, minimumActivationFactor: 0.5, expires: noon)
        #expect(try writing.offer(record, currency: "EUR", at: noon).first?.attributes["MessageID"] != offer.attributes["MessageID"])
        let answer = UFTPWriting.response(to: order, rejected: "no", at: noon)
        #expect(answer.name == "FlexOrderResponse" && answer.attributes["Result"] == "Rejected" && answer.attributes["MessageID"]?.count == 36)
        #expect(answer.attributes["FlexOrderMessageID"] == order.attributes["MessageID"])
    }

    @Test("a day of 100 quarter hours is one message with 100 periods") func longDay() throws {
        let span = try periods.span(CivilDate(2026, 10, 25), first: 1, count: 100)
        let request = FlexibilityRequest(id: "autumn", location: .community("abb"), intervals: [.init(start: span.start, end: span.end, kilowatts: 0...5)])
        let messages = try writing.request(request, at: noon)
        #expect(messages.count == 1 && messages[0].children.map { $0.attributes["Duration"] } == ["100"])
    }

    @Test("set-points and odd times are not told in UFTP") func unsupported() {
        let setPoint = FlexibilityRequest(id: "s", location: .community("abb"), intervals: [.init(start: noon, end: noon + .seconds(900), kilowatts: 5...5)], isSetPoint: true)
        #expect(throws: ServiceError.self) { try writing.request(setPoint, at: noon) }
        let odd = FlexibilityRequest(id: "o", location: .community("abb"), intervals: [.init(start: noon + .seconds(60), end: noon + .seconds(900), kilowatts: 0...5)])
        #expect(throws: ServiceError.self) { try writing.request(odd, at: noon) }
    }
}

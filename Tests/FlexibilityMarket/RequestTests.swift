import FlexibilityMarket
import PluginAPI
import SiteCalendar
import Testing

@Suite("Requests for flexibility")
struct RequestTests {
    @Test("a request is read with all it may have, in snake case or camel case, and written so that it reads the same") func reading() throws {
        let snake = try read(
            """
            {"id": "7", "revision": 2, "source": "tso", "location": {"nodes": ["N3", "N4"]}, "expires": "2026-06-01T11:00:00Z", "price": 0.2, "priority": 7,
             "min_activation_factor": 0.5, "not_before": "2026-06-01T11:59:00Z", "reference": "contract 4",
             "intervals": [{"start": "2026-06-01T14:00:00+02:00", "duration": "PT30M", "min_kw": -50, "max_kw": -10},
                           {"start": "2026-06-01T12:30:00Z", "duration_minutes": 15, "min_kw": 0, "max_kw": 30, "disposition": "available"}]}
            """)
        let camel = try read(
            """
            {"id": "7", "revision": 2, "source": "tso", "location": {"nodes": ["N3", "N4"]}, "expires": "2026-06-01T11:00:00Z", "price": 0.2, "priority": 7,
             "minActivationFactor": 0.5, "notBefore": "2026-06-01T11:59:00Z", "reference": "contract 4",
             "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 30, "minKw": -50, "maxKw": -10},
                           {"start": "2026-06-01T12:30:00Z", "end": "2026-06-01T12:45:00Z", "minKw": 0, "maxKw": 30, "disposition": "available"}]}
            """)
        #expect(snake == camel)
        #expect(snake.intervals[0].wantedKW == -50 && snake.intervals[0].leastKW == -10 && snake.begin == noon && snake.end == noon + .seconds(1800))
        var writer = JSONWriter()
        writer.beginObject()
        snake.write(&writer)
        writer.endObject()
        #expect(try read(writer.string) == snake)
    }

    @Test("a direction takes magnitudes: up is more consumption, down is less", arguments: [
        ("up", "\"max_kw\": 40", 0.0...40.0, 40.0, 0.0), ("down", "\"max_kw\": 40", -40.0...0.0, -40.0, 0.0),
        ("down", "\"min_kw\": 10, \"max_kw\": 40", -40.0 ... -10.0, -40.0, -10.0), ("up", "\"power_kw\": 8", 8.0...8.0, 8.0, 8.0),
    ])
    func directions(direction: String, powers: String, range: ClosedRange<Double>, wanted: Double, least: Double) throws {
        let read = try read(
            #"{"id": "a", "location": {"community": "abb"}, "direction": "\#(direction)", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": "PT15M", \#(powers)}]}"#)
        #expect(read.intervals[0].kilowatts == range && read.intervals[0].wantedKW == wanted && read.intervals[0].leastKW == least)
    }

    @Test("what makes no sense is refused with the place and what was expected", arguments: [
        (#"{}"#, "id is missing"), (#"{"id": "a/b"}"#, "no topic level"), (#"{"id": "a", "colour": 1}"#, "unknown key 'colour'"),
        (#"{"id": "a", "min_activation_factor": 0, "minActivationFactor": 1}"#, "twice"),
        (#"{"id": "a", "intervals": []}"#, "intervals is missing or empty"),
        (#"{"id": "a", "intervals": [{"start": "noon"}]}"#, "intervals.0.start is 'noon', expected a time"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00", "duration": 15, "power_kw": 1}]}"#, "with its zone"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00Z", "power_kw": 1}]}"#, "intervals.0 has no duration"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15}]}"#, "intervals.0 has no power"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "min_kw": 5, "max_kw": 1}]}"#, "expected at most max_kw"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "min_kw": -5, "max_kw": 5}]}"#, "as much up as down"),
        (#"{"id": "a", "direction": "up", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "power_kw": -5}]}"#, "negative power beside a direction"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "power_kw": 5}, {"start": "2026-06-01T12:10:00Z", "duration": 15, "power_kw": 5}]}"#,
         "intervals.1 begins before"),
        (#"{"id": "a", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "power_kw": 5}]}"#, "location is missing"),
        (#"{"id": "a", "location": {"community": "x", "asset": "y"}, "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "power_kw": 5}]}"#, "names 2 places"),
        (#"{"id": "a", "source": "mars", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "power_kw": 5}]}"#, "expected one of market, dso, tso, operator"),
        (#"{"id": "a", "location": {"asset": "b"}, "intervals": [{"start": "1678-01-01T00:00:00Z", "end": "2261-12-31T00:00:00Z", "power_kw": 5}]}"#, "years 2000 to 2100"),
        (#"{"id": "a", "location": {"asset": "b"}, "intervals": [{"start": "2262-04-11T23:40:00Z", "duration": 1, "power_kw": 5}]}"#, "years 2000 to 2100"),
        (#"{"id": "a", "location": {"asset": "b"}, "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "end": "2026-06-01T12:30:00Z", "power_kw": 5}]}"#, "give one of them"),
        (#"{"id": "a", "location": {"asset": "b"}, "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": "P999999D", "power_kw": 5}]}"#, "up to 32 days"),
        (#"{"id": "a", "location": {"asset": "b"}, "setpoint_kw": 4, "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "max_kw": 5}]}"#, "max_kw beside a set-point"),
        (#"{"id": "a", "location": {"asset": "b"}, "direction": "down", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "setpoint_kw": 5}]}"#, "leave direction out"),
        (#"{"id": "a", "location": {"asset": "b"}, "not_before": "2026-06-01T12:01:00Z", "intervals": [{"start": "2026-06-01T12:00:00Z", "duration": 15, "power_kw": 5}]}"#, "after the first interval begins"),
    ])
    func nonsense(text: String, sentence: String) {
        let error = #expect(throws: ServiceError.self) { try read(text) }
        #expect(error?.status == .invalidArgument && error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }

    @Test("a local day has 92, 96 or 100 quarter hours, each a settlement period with its number", arguments: [
        (CivilDate(2026, 3, 29), 92), (CivilDate(2026, 6, 1), 96), (CivilDate(2026, 10, 25), 100),
    ])
    func daysOfClockChanges(day: CivilDate, count: Int) throws {
        let zone = try #require(SiteZone("Europe/Berlin"))
        let periods = SettlementPeriods(zone: zone, minutes: 15)
        let span = try periods.span(day, first: 1, count: count)
        let whole = FlexibilityRequest(id: "d", location: .community("abb"), intervals: [.init(start: span.start, end: span.end, kilowatts: 0...5)])
        let steps = whole.steps(minutes: 15)
        #expect(steps.count == count && periods.count(of: day) == count)
        #expect(steps.enumerated().allSatisfy { index, step in periods.period(at: step.start).map { $0.day == day && $0.number == index + 1 } == true })
        #expect(throws: ServiceError.self) { try periods.span(day, first: 1, count: count + 1) }
    }

    @Test("an interval that does not begin at a quarter is cut there") func cuts() {
        let odd = FlexibilityRequest(
            id: "o", location: .asset("b"), intervals: [.init(start: noon + .seconds(600), end: noon + .seconds(2000), kilowatts: -8 ... -8)])
        #expect(odd.steps(minutes: 15).map { ($0.end - $0.start).nanoseconds / 1_000_000_000 } == [300, 900, 200])
    }

    @Test("durations of ISO 8601", arguments: [
        ("PT15M", 900 as Int64?), ("P1D", 86_400), ("P1DT2H", 93_600), ("PT90S", 90), ("PT", nil), ("15M", nil), ("P15M", nil), ("PT15", nil), ("PTM", nil),
    ])
    func durations(text: String, seconds: Int64?) { #expect(isoDuration(text) == seconds.map { .seconds($0) }) }
}

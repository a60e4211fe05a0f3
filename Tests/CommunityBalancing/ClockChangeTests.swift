import PluginAPI
import PluginTestKit
import Testing

/// What the daily schedule makes of the nights in which the clocks of Berlin change: on 29 March 2026 from 02:00 to 03:00 (01:00 UTC), on 25 October
/// from 03:00 back to 02:00 (01:00 UTC).
@Suite("The daily schedule over a change of the clocks")
struct ClockChangeTests {
    /// An entry of the schedule, and when it is to begin; with the times of its slot, if it has one.
    struct Night: CustomTestStringConvertible {
        let entry: String
        let begins: String
        /// In which span of UTC it is looked at; five minutes before and after it is to begin where nothing is said.
        var from: String?
        var to: String?
        var slot: (start: String, end: String)?
        var testDescription: String { "\(entry) at \(begins)" }

        init(_ at: String, on day: String? = nil, begins: String, from: String? = nil, to: String? = nil) {
            entry = #"{"at": "\#(at)", \#(day.map { #""days": ["\#($0)"], "# } ?? "")"mode": 1}"#
            (self.begins, self.from, self.to) = (begins, from, to)
        }

        init(_ at: String, slot start: String, _ end: String, begins: String, slotIs slot: (start: String, end: String)) {
            entry = #"{"at": "\#(at)", "mode": 3, "duration_minutes": 600, "slots": [{"id": "s", "start": "\#(start)", "end": "\#(end)", "energy_kwh": 10}]}"#
            (self.begins, self.slot) = (begins, slot)
        }
    }

    static let nights = [
        // The same local time on the days before, of and after the change.
        Night("06:00", begins: "2026-03-28T05:00"), Night("06:00", begins: "2026-03-29T04:00"), Night("06:00", begins: "2026-10-25T05:00"),
        // Midnight of a day that the clocks make shorter or longer, and its weekday.
        Night("00:00", on: "mon", begins: "2026-03-29T22:00"), Night("00:00", on: "mon", begins: "2026-10-25T23:00"),
        // 02:30 does not come in March: it begins with the change, at 03:00. In October it comes twice: it begins once, the first time.
        Night("02:30", begins: "2026-03-29T01:00", from: "2026-03-29T00:55", to: "2026-03-29T02:05"),
        Night("03:00", begins: "2026-03-29T01:00", from: "2026-03-29T00:55", to: "2026-03-29T02:05"),
        Night("02:30", begins: "2026-10-25T00:30", from: "2026-10-25T00:25", to: "2026-10-25T01:35"),
        // 02:30 on the days after.
        Night("02:30", begins: "2026-03-30T00:30"), Night("02:30", begins: "2026-10-26T01:30"),
        // A slot over the change is as long as the clocks make it: half an hour in March, two and a half in October.
        Night("01:30", slot: "01:45", "03:15", begins: "2026-03-29T00:30", slotIs: ("2026-03-29T00:45", "2026-03-29T01:15")),
        Night("01:30", slot: "01:45", "03:15", begins: "2026-10-24T23:30", slotIs: ("2026-10-24T23:45", "2026-10-25T02:15")),
        // Of the evening before: a slot after midnight is one of the next day, by its clocks; 24:00 is the end of the day.
        Night("22:00", slot: "23:30", "05:00", begins: "2026-03-28T21:00", slotIs: ("2026-03-28T22:30", "2026-03-29T03:00")),
        Night("22:00", slot: "23:30", "05:00", begins: "2026-10-24T20:00", slotIs: ("2026-10-24T21:30", "2026-10-25T04:00")),
        Night("20:00", slot: "23:00", "24:00", begins: "2026-10-25T19:00", slotIs: ("2026-10-25T22:00", "2026-10-25T23:00")),
    ]

    @Test("a mode begins once, at the time that the clocks show, and its slots lie where they show", arguments: nights) func begins(night: Night) throws {
        let config = PlayedCommunity.config(#", "time_zone": "Europe/Berlin", "period": 60, "schedule": [\#(night.entry)]"#)
        let library = try ServiceLibrary(built: "CommunityBalancing")
        let service = try ServiceHarness(library: library, name: "balancing", config: config, time: try Self.time(night.from ?? night.begins) - .seconds(night.from == nil ? 300 : 0))
        let end = try Self.time(night.to ?? night.begins) + .seconds(night.to == nil ? 300 : 0)
        var begun: [String] = [], slot: JSONValue?
        while service.now < end {
            try service.advance(by: .seconds(60))
            guard let kept = service.keyValue("mode/abb") else { continue }
            let mode = try kept.withUnsafeBytes { try JSONValue($0) }
            let begin = try #require(mode["begin"]?.text)
            if begun.last != begin { begun.append(begin) }
            slot = try Array(try #require(mode["text"]?.text).utf8).withUnsafeBytes { try JSONValue($0) }["slots"]?[0]
        }
        #expect(begun == [night.begins + ":00Z"])
        #expect(slot?["start"]?.text == night.slot.map { $0.start + ":00Z" } && slot?["end"]?.text == night.slot.map { $0.end + ":00Z" }, "\(slot ?? .null)")
        try service.stop()
    }

    private static func time(_ minute: String) throws -> Timestamp {
        try #require(Array("\(minute):00Z".utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: nil) })
    }
}

import PluginAPI
import SiteCalendar

/// A mode that begins each day, or on some days of the week, at a time of the site's clocks, with slots at times of these clocks as well.
struct DailyTrigger {
    let secondOfDay: Int
    /// Monday is 1; empty for every day.
    let weekdays: Set<Int>
    private let mode: Int
    private let numbers: [(key: String, value: Double)]
    private let lists: [(key: String, windows: [Window])]

    /// A slot, package or interval of the day.
    private struct Window {
        let id: String?
        let times: [(key: String, secondOfDay: Int)]
        let numbers: [(key: String, value: Double)]
    }

    private static let days = ["mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7]
    /// Lists of a mode, with the two times and the numbers of their entries.
    private static let kinds: [(key: String, times: [String], numbers: [String])] = [
        ("slots", ["start", "end"], ["energy_kwh", "power_kw"]),
        ("packages", ["earliest", "latest_end"], ["duration_minutes", "minimum_kw", "maximum_kw", "quantum_kw"]),
        ("intervals", ["start", "end"], ["target_kw"]),
    ]

    /// - Throws: ``Status/invalidConfiguration`` with the place and what was expected.
    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(["at", "days", "mode", "target_kw", "duration_minutes"] + Self.kinds.map(\.key))
        guard let second = try Self.time(object, "at"), let mode = try object.integer("mode", in: 0...5) else {
            throw .invalidConfiguration("\(object.path) needs at, such as 06:30 (local time), and mode, from 0 to 5")
        }
        (secondOfDay, self.mode) = (second, mode)
        var weekdays: Set<Int> = []
        for name in try object.texts("days") ?? [] {
            guard let day = Self.days[name] else { throw .invalidConfiguration("\(object.path).days has '\(name)', expected mon, tue, wed, thu, fri, sat or sun") }
            weekdays.insert(day)
        }
        self.weekdays = weekdays
        numbers = try Self.numbers(object, ["target_kw", "duration_minutes"])
        var lists: [(key: String, windows: [Window])] = []
        for kind in Self.kinds {
            guard let entries = try object.objects(kind.key) else { continue }
            lists.append((kind.key, try entries.map { (entry) throws(ServiceError) in try Self.window(entry, kind.times, kind.numbers) }))
        }
        self.lists = lists
        do throws(ServiceError) { _ = try trigger(on: CivilDate(2026, 6, 1), .utc, now: Timestamp(nanoseconds: 0)) } catch {
            throw .invalidConfiguration("\(object.path): \(error.sentence)")
        }
    }

    private static func window(_ entry: ConfigurationObject, _ times: [String], _ numbers: [String]) throws(ServiceError) -> Window {
        try entry.allow(["id"] + times + numbers)
        var found: [(key: String, secondOfDay: Int)] = []
        for key in times {
            guard let second = try time(entry, key) else { throw .invalidConfiguration("\(entry.path).\(key) is missing, expected a time such as 06:30") }
            found.append((key, second))
        }
        return Window(id: try entry.text("id"), times: found, numbers: try Self.numbers(entry, numbers))
    }

    private static func numbers(_ object: ConfigurationObject, _ keys: [String]) throws(ServiceError) -> [(key: String, value: Double)] {
        var numbers: [(key: String, value: Double)] = []
        for key in keys { if let number = try object.number(key, in: -1e6...1e6) { numbers.append((key, number)) } }
        return numbers
    }

    /// The second of the day of a text such as 06:30; 24:00 is its end.
    private static func time(_ object: ConfigurationObject, _ key: String) throws(ServiceError) -> Int? {
        guard let text = try object.text(key) else { return nil }
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, (0..<60).contains(parts[1]), (0...1440).contains(parts[0] * 60 + parts[1]) else {
            throw .invalidConfiguration("\(object.path).\(key) is '\(text)', expected a time such as 06:30")
        }
        return parts[0] * 3600 + parts[1] * 60
    }

    /// When it begins on a local day.
    func begin(on day: CivilDate, _ zone: SiteZone) -> Timestamp { Self.timestamp(day, secondOfDay, zone) }

    /// A local time of the day, on days of 23 and 25 hours as the clocks show it.
    private static func timestamp(_ day: CivilDate, _ second: Int, _ zone: SiteZone) -> Timestamp {
        let time = second < 86_400 ? zone.time(day, secondOfDay: second) : zone.start(of: day.adding(days: 1))
        return Timestamp(nanoseconds: Int64(time) * 1_000_000_000)
    }

    /// The mode of a local day. A slot whose time of the day lies before that of the begin is one of the next day.
    /// - Throws: ``Status/invalidArgument`` for what no trigger may say.
    func trigger(on day: CivilDate, _ zone: SiteZone, now: Timestamp) throws(ServiceError) -> Trigger {
        var json = JSONWriter()
        json.beginObject()
        json.member("mode", mode)
        for (key, value) in numbers { json.member(key, value) }
        for (key, windows) in lists {
            json.key(key)
            json.beginArray()
            for window in windows { write(window, day, zone, &json) }
            json.endArray()
        }
        json.endObject()
        do { return try json.bytes.withUnsafeBytes { try Trigger($0, source: "schedule", now: now) } } catch {
            throw (error as? ServiceError) ?? .internal("\(error)")
        }
    }

    private func write(_ window: Window, _ day: CivilDate, _ zone: SiteZone, _ json: inout JSONWriter) {
        json.beginObject()
        if let id = window.id { json.member("id", id) }
        var (earliest, date) = (secondOfDay, day)
        for (key, second) in window.times {
            if second < earliest { date = date.adding(days: 1) }
            earliest = second
            json.member(key, Self.timestamp(date, second, zone).description)
        }
        for (key, value) in window.numbers { json.member(key, value) }
        json.endObject()
    }
}

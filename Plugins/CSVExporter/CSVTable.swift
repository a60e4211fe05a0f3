import PluginAPI
import Readings
import SiteCalendar

/// The rows of one class of topics that wait to be written, by day.
struct CSVTable {
    private let settings: TableSettings
    private let form: CSVForm
    private let zone: SiteZone
    private var days: [CivilDate: (row: CSVRow, count: Int)] = [:]
    private var intervals: IntervalBoard?
    private let head: [UInt8]

    var name: String { settings.name }
    /// Whether its rows are summaries of intervals.
    var sumsUp: Bool { settings.interval > 0 }

    init(_ settings: TableSettings, _ all: CSVSettings) {
        self.settings = settings
        form = all.form
        zone = all.zone
        if settings.interval > 0 { intervals = IntervalBoard(interval: settings.interval) }
        var head = CSVRow(all.form)
        for text in Self.heads(settings) { head.cell(text) }
        head.end()
        self.head = head.bytes
    }

    private static func heads(_ settings: TableSettings) -> [String] {
        let time = ["time", "utc_offset"]
        switch settings.content {
        case .documents(let table): return time + table.columns.map(\.head)
        case .readings:
            let names = ["device", "component", "phase", "measurand", "unit"]
            return time + names + (settings.interval > 0 ? ["mean", "minimum", "maximum", "last", "count"] : ["value", "quality"])
        }
    }

    func matches(_ topic: UnsafeRawBufferPointer) -> Bool {
        switch settings.content {
        case .readings(let form): form.matches(topic)
        case .documents(let table): table.topics.contains { $0.matches(topic) }
        }
    }

    /// Takes a message.
    /// - Returns: why a part of it can't be used; nil if all can.
    mutating func add(_ message: Message, _ parser: inout MessageParser, _ parsed: inout ParsedMessage) throws(MessageRefusal) -> String? {
        switch settings.content {
        case .readings(let form): return try add(message, form, &parser, &parsed)
        case .documents(let table):
            let document: JSONValue
            do throws(JSONError) { document = try JSONValue(message.payload) } catch {
                throw MessageRefusal("the payload is not the JSON expected, \(error)")
            }
            let time = try time(of: document, table, received: message.received)
            for element in table.each?.elements(in: document) ?? [document] { add(element, of: document, table, time) }
            return nil
        }
    }

    /// Ends the intervals that were over at an instant, in seconds since 1970.
    mutating func close(before instant: Int) { intervals?.close(before: instant) }

    /// Writes what waits; returns how many rows.
    mutating func write(to files: DayFiles) throws(ServiceError) -> Int {
        let ended = intervals?.takeEnded() ?? []
        for summary in ended { add(summary) }
        var count = 0
        do throws(ServiceError) {
            for (day, rows) in days.sorted(by: { $0.key < $1.key }) where rows.count > 0 {
                try files.append(rows.row.bytes, head: head, table: name, day: day)
                count += rows.count
                days[day]?.row.removeAll()
                days[day]?.count = 0
            }
        } catch {
            intervals?.putBack(ended)
            throw error
        }
        // Yesterday's memory is not kept.
        if days.count > 2 { days.removeAll() }
        return count
    }

    /// Forgets the rows that wait: their messages come again.
    mutating func discard() { days.removeAll() }

    private mutating func add(
        _ message: Message, _ form: MessageForm, _ parser: inout MessageParser, _ parsed: inout ParsedMessage
    ) throws(MessageRefusal) -> String? {
        try parser.parse(message.payload, form, into: &parsed)
        let device = form.device(of: parsed, topic: message.topic)
        for reading in parsed.readings {
            var named: NamedReading?
            if let reason = form.name(reading, of: parsed, device: device, into: &named) {
                parsed.refusals.append(Refusal(index: reading.index, reason: reason))
            } else if let named {
                add(named)
            }
        }
        return parsed.refusals.first.map { "reading number \($0.index) \($0.reason)" }
    }

    private mutating func add(_ reading: NamedReading) {
        if intervals != nil {
            if !reading.quality.contains(.invalid) { intervals?.add(reading) }
            return
        }
        row(at: reading.time) { row in
            for text in [reading.device, reading.component, reading.phase, reading.measurand] { row.cell(text) }
            row.cell(Measurand.named(reading.measurand)?.unit.rawValue ?? "")
            row.cell(reading.value)
            row.cell(reading.quality.listed)
        }
    }

    private mutating func add(_ summary: IntervalBoard.Summary) {
        row(at: Timestamp(seconds: Int64(summary.begin))) { row in
            for text in [summary.device, summary.component, summary.phase, summary.measurand] { row.cell(text) }
            row.cell(Measurand.known.first { "\($0.name)" == summary.measurand }?.unit.rawValue ?? "")
            for number in [summary.sum / Double(summary.count), summary.minimum, summary.maximum, summary.last] { row.cell(number) }
            row.cell(summary.count)
        }
    }

    private mutating func add(_ element: JSONValue, of document: JSONValue, _ table: DocumentTable, _ time: Timestamp) {
        row(at: time) { row in
            for column in table.columns {
                let found = column.path.find(in: element) ?? column.path.find(in: document)
                if let number = found?.number { row.cell(number) } else { row.cell(found?.shown ?? "") }
            }
        }
    }

    private mutating func row(at time: Timestamp, _ fill: (inout CSVRow) -> Void) {
        let day = zone.local(time.wholeSeconds).day
        var rows = days.removeValue(forKey: day) ?? (CSVRow(form), 0)
        rows.count += 1
        rows.row.cells(time, zone)
        fill(&rows.row)
        rows.row.end()
        days[day] = rows
    }

    private func time(of document: JSONValue, _ table: DocumentTable, received: Timestamp) throws(MessageRefusal) -> Timestamp {
        guard let path = table.time else { return received }
        let found = path.find(in: document)
        if let text = found?.text {
            let bytes = Array(text.utf8)
            if let time = bytes.withUnsafeBytes({ Timestamp(iso8601: $0, offsetIfMissing: 0) }) { return time }
        } else if let number = found?.number, abs(number) < 9e9 {
            return Timestamp(nanoseconds: Int64(number * 1e9))
        }
        throw MessageRefusal("has no time at '\(path.shown)': expected RFC 3339 or seconds since 1970")
    }
}

extension Quality {
    /// The names of its bits, or `good`.
    var listed: String {
        let names = Quality.names.filter { name in Quality(named: name).map(contains) ?? false }
        return names.isEmpty ? "good" : names.joined(separator: " ")
    }
}

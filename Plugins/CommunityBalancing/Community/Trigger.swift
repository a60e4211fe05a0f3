import Balancing
import PluginAPI

/// What a community is to do: a mode, from MQTT, REST or the daily schedule.
struct Trigger {
    enum Mode: Int {
        case stop = 0, islanding, setPoint, supply, export, leastImport

        /// As REST and messages call it, beside its number.
        var name: String {
            switch self {
            case .stop: "stop"
            case .islanding: "UC1"
            case .setPoint: "UC2"
            case .supply: "UC3"
            case .export: "UC4"
            case .leastImport: "least-import"
            }
        }
    }

    let mode: Mode
    let begin: Timestamp
    /// Nil: until another mode.
    let end: Timestamp?
    /// Of UC2: what the exchange is to be, each in its time; outside of them as in UC1.
    let setPoints: [SetPoint]
    /// Of UC3 and UC4: what was ordered, and what was offered to choose from.
    let slots: [Slot]
    let offers: [Offer]
    /// Whether the mode that it takes the place of goes on after its end.
    let resumes: Bool
    /// Who asked.
    let source: String
    /// As it came, to be kept over a restart.
    let text: String

    /// A wanted exchange, kW, positive for import, from a time to another; without an end, until another mode.
    struct SetPoint {
        let begin: Timestamp
        let end: Timestamp?
        let powerKW: Double

        func contains(_ time: Timestamp) -> Bool { begin <= time && end.map { time < $0 } ?? true }
    }

    /// An energy that is to pass the transformer from a time to another.
    struct Slot {
        let name: String
        let begin: Timestamp
        let end: Timestamp
        let powerKW: Double
    }

    /// A package whose time and power may be chosen.
    struct Offer {
        let name: String
        let earliest: Timestamp
        let latestEnd: Timestamp
        let minutes: Double
        let powerKW: ClosedRange<Double>
        let quantumKW: Double?
    }

    /// The wanted exchange at a time, kW; nil where nothing but the plan says it.
    func setPointKW(at time: Timestamp) -> Double? { setPoints.last { $0.contains(time) }?.powerKW }

    /// Reads `0` … `5`, or `{"mode", "target_kw" | "intervals", "start", "end" | "duration_minutes", "slots", "packages", "resume", "source"}`.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    init(_ bytes: UnsafeRawBufferPointer, source: String, now: Timestamp) throws(ServiceError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(bytes) } catch { throw .invalidArgument("the mode is neither a number nor JSON, \(error)") }
        try self.init(value, text: String(decoding: bytes, as: UTF8.self), source: source, now: now)
    }

    init(_ value: JSONValue, text: String, source: String, now: Timestamp) throws(ServiceError) {
        self.text = text
        if let unknown = value.members?.first(where: { !Self.keys.contains($0.key) }) {
            throw .invalidArgument("the mode has the unknown key '\(unknown.key)', expected \(Self.keys.joined(separator: ", "))")
        }
        let number = value.integer ?? value["mode"]?.integer
        guard let number, let mode = Mode(rawValue: Int(clamping: number)) else {
            throw .invalidArgument("mode is \(value["mode"]?.kind ?? value.kind), expected 0 (stop), 1 to 4 (the use cases) or 5 (least import)")
        }
        self.mode = mode
        self.source = value["source"]?.text ?? source
        let begin = try Self.time(value, "start") ?? now
        let intervals = try Self.intervals(value)
        self.begin = begin
        if let given = value["duration_minutes"] {
            guard let minutes = given.number, minutes > 0, minutes <= 44_640 else {
                throw .invalidArgument("duration_minutes is \(given.number.map { "\($0)" } ?? given.kind), expected minutes up to a month")
            }
            guard value["end"] == nil else { throw .invalidArgument("there are end and duration_minutes: give one of them") }
            end = begin + .nanoseconds(Int64(minutes * 60e9))
        } else {
            end = try Self.time(value, "end") ?? intervals.compactMap(\.end).max()
        }
        if let end, end <= begin { throw .invalidArgument("the end is not after the start") }
        let last = end
        let always = value["target_kw"]?.number.map { SetPoint(begin: begin, end: last, powerKW: $0) }
        let wanted = mode == .setPoint ? (always.map { [$0] } ?? []) + intervals : []
        guard mode != .setPoint || !wanted.isEmpty else { throw .invalidArgument("target_kw is missing, which mode 2 needs unless intervals say it") }
        guard wanted.allSatisfy({ abs($0.powerKW) < 1e6 }) else { throw .invalidArgument("target_kw is beyond a million kW") }
        setPoints = wanted
        if let given = value["resume"], given.boolean == nil { throw .invalidArgument("resume is \(given.kind), expected true or false") }
        resumes = value["resume"]?.boolean ?? false
        slots = try Self.slots(value)
        offers = try Self.offers(value)
        guard (mode != .supply && mode != .export) || !slots.isEmpty || !offers.isEmpty else {
            throw .invalidArgument("mode \(number) needs slots or packages")
        }
    }

    /// The keys of a mode; `community`, which topic and path say already, is passed over.
    private static let keys = ["mode", "target_kw", "intervals", "start", "end", "duration_minutes", "slots", "packages", "resume", "source", "community"]

    /// The entries of a list.
    /// - Throws: ``Status/invalidArgument`` where it is none, or has too many.
    private static func list(_ value: JSONValue, _ key: String, most: Int) throws(ServiceError) -> [JSONValue] {
        guard let given = value[key] else { return [] }
        guard let elements = given.elements, elements.count <= most else {
            throw .invalidArgument("\(key) is \(given.elements.map { "a list of \($0.count)" } ?? given.kind), expected a list of up to \(most)")
        }
        return elements
    }

    private static func time(_ value: JSONValue, _ key: String) throws(ServiceError) -> Timestamp? {
        guard let given = value[key] else { return nil }
        guard let text = given.text, let time = Timestamp(message: text) else {
            throw .invalidArgument("\(key) is \(given.text.map { "'\($0.prefix(40))'" } ?? given.kind), expected a time such as 2026-06-01T12:00:00Z")
        }
        return time
    }

    private static func required(_ value: JSONValue, _ key: String, _ place: String) throws(ServiceError) -> Timestamp {
        guard let time = try time(value, key) else { throw .invalidArgument("\(place).\(key) is missing, expected a time") }
        return time
    }

    private static func intervals(_ value: JSONValue) throws(ServiceError) -> [SetPoint] {
        var intervals: [SetPoint] = []
        for (index, item) in try list(value, "intervals", most: 400).enumerated() {
            let place = "intervals.\(index)"
            let begin = try required(item, "start", place)
            let end = try time(item, "end") ?? item["duration_minutes"]?.number.map { begin + .nanoseconds(Int64(max(0, min($0, 44_640)) * 60e9)) }
            guard let end, begin < end, let power = item["target_kw"]?.number else {
                throw .invalidArgument("\(place) needs start, a later end or duration_minutes, and target_kw")
            }
            intervals.append(SetPoint(begin: begin, end: end, powerKW: power))
        }
        return intervals
    }

    private static func slots(_ value: JSONValue) throws(ServiceError) -> [Slot] {
        var slots: [Slot] = []
        for (index, item) in try list(value, "slots", most: 200).enumerated() {
            let place = "slots.\(index)"
            let (begin, end) = (try required(item, "start", place), try required(item, "end", place))
            guard begin < end else { throw .invalidArgument("\(place) ends before it begins") }
            let hours = Double((end - begin).nanoseconds) / 3.6e12
            guard let power = item["power_kw"]?.number ?? item["energy_kwh"]?.number.map({ $0 / hours }), power >= 0, power < 1e6 else {
                throw .invalidArgument("\(place) needs power_kw or energy_kwh from 0; the mode says the direction")
            }
            slots.append(Slot(name: item["id"]?.text ?? "slot \(index + 1)", begin: begin, end: end, powerKW: power))
        }
        return slots
    }

    private static func offers(_ value: JSONValue) throws(ServiceError) -> [Offer] {
        var offers: [Offer] = []
        for (index, item) in try list(value, "packages", most: 200).enumerated() {
            let place = "packages.\(index)"
            let (earliest, latest) = (try required(item, "earliest", place), try required(item, "latest_end", place))
            guard let minutes = item["duration_minutes"]?.number, minutes > 0, let most = item["maximum_kw"]?.number, most >= 0, most < 1e6 else {
                throw .invalidArgument("\(place) needs duration_minutes and maximum_kw")
            }
            guard Double((latest - earliest).nanoseconds) / 60e9 >= minutes else {
                throw .invalidArgument("\(place) lasts \(shown(minutes)) minutes and does not fit between earliest and latest_end")
            }
            let least = min(max(0, item["minimum_kw"]?.number ?? 0), most)
            offers.append(Offer(
                name: item["id"]?.text ?? "package \(index + 1)", earliest: earliest, latestEnd: latest, minutes: minutes, powerKW: least...most,
                quantumKW: item["quantum_kw"]?.number.flatMap { $0 > 0 ? $0 : nil }))
        }
        return offers
    }
}

public import PluginAPI

extension FlexibilityRequest {
    /// The keys of a request, as written in messages of the platform; each may be written in camel case too.
    public static let keys = [
        "id", "revision", "source", "location", "direction", "intervals", "expires", "not_before", "price", "priority", "min_activation_factor", "reference",
        "setpoint_kw",
    ]
    private static let intervalKeys = [
        "start", "end", "duration", "duration_minutes", "min_kw", "max_kw", "power_kw", "setpoint_kw", "disposition",
    ]
    private static let mostIntervals = 3_000
    private static let powers = -1e6...1e6

    /// Which way the power is to go, for requests that give magnitudes.
    private enum Direction: String, CaseIterable { case up, down }
    private enum Disposition: String, CaseIterable { case requested, available }

    /// Reads a request.
    /// - Throws: ``Status/invalidArgument`` with a sentence: where, what was given, what was expected.
    public init(_ json: JSONValue) throws(ServiceError) {
        let fields = try RequestFields(json, at: "the request", allowing: Self.keys)
        guard let id = try fields.text("id"), Self.isName(id) else { throw .invalidArgument("id is missing or \(Self.nameRule)") }
        let direction = try fields.choice("direction", Direction.self)
        let common = try fields.number("setpoint_kw", in: Self.powers)
        guard let listed = fields["intervals"]?.elements, !listed.isEmpty, listed.count <= Self.mostIntervals else {
            throw .invalidArgument("intervals is missing or empty, expected a list of 1 to \(Self.mostIntervals) objects with start, duration and kW")
        }
        var intervals: [Interval] = [], setPoints = 0
        for (index, one) in listed.enumerated() {
            let (interval, isSetPoint) = try Self.interval(one, at: "intervals.\(index)", direction, common)
            if let last = intervals.last, interval.start < last.end {
                throw .invalidArgument("intervals.\(index) begins before the one ahead of it ends: list them in the order of time")
            }
            intervals.append(interval)
            setPoints += isSetPoint ? 1 : 0
        }
        guard intervals.contains(where: \.isRequested) else { throw .invalidArgument("intervals has none with the disposition 'requested': nothing is asked for") }
        guard setPoints == 0 || setPoints == intervals.count else {
            throw .invalidArgument("some intervals give a set-point and some a deviation: a request is one or the other")
        }
        guard intervals[intervals.count - 1].end - intervals[0].start <= .seconds(32 * 86_400) else {
            throw .invalidArgument("the intervals span more than 32 days: make several requests of them")
        }
        guard setPoints == 0 || direction == nil else { throw .invalidArgument("a set-point has its sign and no direction: leave direction out") }
        let begin = (intervals.first(where: \.isRequested) ?? intervals[0]).start, notBefore = try fields.time("not_before")
        if let notBefore, notBefore > begin {
            throw .invalidArgument("not_before is \(notBefore), after the first interval begins at \(begin): what is ordered could not be delivered")
        }
        self.init(
            id: id, revision: try fields.integer("revision", in: 0...1_000_000_000) ?? 1, source: try fields.choice("source", Source.self) ?? .market,
            location: try Self.location(fields), intervals: intervals, isSetPoint: setPoints > 0, expires: try fields.time("expires"),
            notBefore: notBefore, pricePerKWh: try fields.number("price", in: 0...1e6),
            priority: try fields.integer("priority", in: 0...9) ?? 5,
            minimumActivationFactor: try fields.number("min_activation_factor", in: 0...1) ?? 0, reference: try fields.text("reference") ?? "")
    }

    /// Whether a text may name a request or an offer: it becomes a level of topics and a key of the memory.
    public static func isName(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count) && !text.utf8.contains { $0 == 0x2F || $0 == 0x2B || $0 == 0x23 || $0 < 0x20 }
    }

    /// What ``isName(_:)`` asks for, as the end of a sentence.
    public static let nameRule = "no topic level, expected a unique text of 1 to 200 bytes, such as a UUID, without / + #"

    private static func location(_ fields: RequestFields) throws(ServiceError) -> Location {
        guard let given = fields["location"] else {
            throw .invalidArgument("location is missing, expected {congestion_point | nodes | community | asset}")
        }
        let place = try RequestFields(given, at: "location", allowing: ["congestion_point", "nodes", "community", "asset", "connection"])
        var found: [Location] = []
        if let name = try place.text("congestion_point") { found.append(.congestionPoint(name)) }
        if let name = try place.text("community") { found.append(.community(name)) }
        if let name = try place.text("asset") { found.append(.asset(name)) }
        if let name = try place.text("connection") { found.append(.connection(name)) }
        if let nodes = place["nodes"] {
            let names = (nodes.elements ?? []).compactMap(\.text)
            guard !names.isEmpty, names.count == nodes.elements?.count else { throw place.wrong("nodes", nodes, "a list of mRIDs or names") }
            found.append(.nodes(names))
        }
        guard found.count == 1 else { throw .invalidArgument("location names \(found.count) places, expected one of congestion_point, nodes, community, asset") }
        return found[0]
    }

    private static func interval(
        _ json: JSONValue, at place: String, _ direction: Direction?, _ common: Double?
    ) throws(ServiceError) -> (Interval, isSetPoint: Bool) {
        let fields = try RequestFields(json, at: place, allowing: intervalKeys)
        guard let start = try fields.time("start") else { throw .invalidArgument("\(place).start is missing, expected a time with its zone") }
        let end = try end(fields, start)
        guard end > start else { throw .invalidArgument("\(place) ends before it begins") }
        if let power = try fields.number("setpoint_kw", in: powers) ?? common {
            if let beside = ["min_kw", "max_kw", "power_kw", "disposition"].first(where: { fields[$0] != nil }) {
                throw .invalidArgument("\(place) has \(beside) beside a set-point: a request is a set-point or a deviation")
            }
            return (Interval(start: start, end: end, kilowatts: power...power), true)
        }
        var (low, high) = (try fields.number("min_kw", in: powers), try fields.number("max_kw", in: powers))
        if let power = try fields.number("power_kw", in: powers) {
            guard low == nil, high == nil else { throw .invalidArgument("\(place) has power_kw beside min_kw or max_kw: give the power, or its range") }
            (low, high) = (power, power)
        }
        guard low != nil || high != nil else { throw .invalidArgument("\(place) has no power: give min_kw and max_kw, power_kw or setpoint_kw") }
        // One bound alone: the other one is no change.
        var (from, to) = (low ?? min(0, high ?? 0), high ?? max(0, low ?? 0))
        if let direction {
            guard from >= 0, to >= 0 else { throw .invalidArgument("\(place) has a negative power beside a direction: give magnitudes, or signs and no direction") }
            if direction == .down { (from, to) = (-to, -from) }
        }
        guard from <= to else { throw .invalidArgument("\(place).min_kw is \(shown(from)), expected at most max_kw, \(shown(to))") }
        let isRequested = try fields.choice("disposition", Disposition.self) != .available
        guard !isRequested || abs(from) != abs(to) || from == to else {
            throw .invalidArgument("\(place) asks for as much up as down: give a range that says what is wanted")
        }
        return (Interval(start: start, end: end, kilowatts: from...to, isRequested: isRequested), false)
    }

    private static func end(_ fields: RequestFields, _ start: Timestamp) throws(ServiceError) -> Timestamp {
        let given = ["end", "duration", "duration_minutes"].filter { fields[$0] != nil }
        guard given.count <= 1 else { throw .invalidArgument("\(fields.place) has \(given.joined(separator: " and ")): give one of them") }
        if let end = try fields.time("end") { return end }
        if let minutes = try fields.number("duration_minutes", in: 0...46_080) { return start + .nanoseconds(Int64(minutes * 60e9)) }
        guard let given = fields["duration"] else { throw .invalidArgument("\(fields.place) has no duration: give duration (PT15M), duration_minutes or end") }
        if let minutes = given.number, (0...46_080).contains(minutes) { return start + .nanoseconds(Int64(minutes * 60e9)) }
        guard let duration = given.text.flatMap(isoDuration), duration <= .seconds(46_080 * 60) else { throw fields.wrong("duration", given, "a duration such as PT15M, or minutes, up to 32 days") }
        return start + duration
    }
}

/// A number for sentences, to a hundredth.
public func shown(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
}

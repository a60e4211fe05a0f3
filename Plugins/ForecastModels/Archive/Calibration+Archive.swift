extension Calibration {
    func write(_ writer: inout ByteWriter) {
        writer.put(Int32(windowDays))
        writer.put(lowerStretch)
        writer.put(upperStretch)
        writer.put(offsets)
        writer.list(losses.sorted { $0.key.rawValue < $1.key.rawValue }) {
            $0.put($1.key.rawValue)
            $0.put($1.value.loss)
            $0.put($1.value.days)
        }
        writer.list(days) { $1.write(&$0) }
    }

    init(_ reader: inout ByteReader) throws {
        self.init(windowDays: Int(try reader.integer(Int32.self)))
        lowerStretch = try reader.doubles()
        upperStretch = try reader.doubles()
        offsets = try reader.doubles()
        try reader.demand(
            lowerStretch.count == Self.parts && upperStretch.count == Self.parts && offsets.count == Self.parts * Members.levels.count,
            "the parts of the calibration")
        for loss in try reader.list({ (try ModelKind(&$0), try $0.double(), try $0.double()) }) { losses[loss.0] = (loss.1, loss.2) }
        days = try reader.list { try Day(&$0) }
    }
}

extension Calibration.Day {
    func write(_ writer: inout ByteWriter) {
        writer.put(localDay)
        writer.put(start)
        writer.put(raw)
        writer.put(lower)
        writer.put(upper)
        writer.put(part)
        writer.put(actual)
        writer.list(members) {
            $0.put($1.kind.rawValue)
            $0.put($1.values)
        }
    }

    init(_ reader: inout ByteReader) throws {
        localDay = try reader.integer()
        start = try reader.integer()
        raw = try reader.floats()
        lower = try reader.floats()
        upper = try reader.floats()
        part = try reader.integers()
        actual = try reader.floats()
        members = try reader.list { (kind: try ModelKind(&$0), values: try $0.floats()) }
        let size = part.count * Members.levels.count
        try reader.demand(
            raw.count == size && lower.count == part.count && upper.count == part.count && actual.count == part.count
                && part.allSatisfy { $0 <= Calibration.parts } && members.allSatisfy { $0.values.count == size }, "the remembered days")
    }
}

extension HorizonErrors {
    func write(_ writer: inout ByteWriter) {
        writer.put(persistence)
        writer.put(narrowing)
        writer.put(widening)
    }

    init(_ reader: inout ByteReader) throws {
        self.init()
        persistence = try reader.doubles()
        narrowing = try reader.doubles()
        widening = try reader.doubles()
        try reader.demand(persistence.count == Self.hours && narrowing.count == Self.hours && !widening.isEmpty, "the errors of the horizon")
    }
}

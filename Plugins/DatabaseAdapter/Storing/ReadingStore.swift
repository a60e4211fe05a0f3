import PluginAPI
import Readings

/// Turns readings into points of columns, and writes the points of a batch in one call.
struct ReadingStore {
    private let host: Host
    private let settings: Settings
    private var cache = ReadingTable<Column<Double>>()
    private var points = Points<Double>()

    init(host: Host, settings: Settings) {
        self.host = host
        self.settings = settings
    }

    var columnCount: Int { cache.count }
    var isFull: Bool { cache.count >= settings.columnLimit }
    /// Points that wait for ``write()``.
    var pendingCount: Int { points.count }

    /// Adds the readings of a message; what cannot be stored is added to its refusals.
    /// - Returns: how many readings were taken.
    /// - Throws: what the host says may succeed later: the batch must then be tried again as a whole.
    mutating func add(_ parsed: inout ParsedMessage, mapping index: Int, topic: UnsafeRawBufferPointer) throws(ServiceError) -> Int
    {
        let mapping = settings.mappings[index]
        let device = mapping.form.device(of: parsed, topic: topic)
        var taken = 0
        var named: NamedReading?
        for reading in parsed.readings {
            var reason = mapping.form.name(reading, of: parsed, device: device, into: &named)
            if reason == nil, let named { reason = try add(named, mapping, index) }
            if let reason {
                parsed.refusals.append(Refusal(index: reading.index, reason: reason))
            } else {
                taken += 1
            }
        }
        return taken
    }

    /// Writes what was added.
    mutating func write() throws(ServiceError) {
        defer { points.removeAll() }
        try host.timeseries.write(points)
    }

    /// Forgets all columns, so that they are resolved anew: some have gone with their database.
    mutating func forgetColumns() { cache = ReadingTable() }

    /// Forgets what was added since the last ``write()``.
    mutating func discard() { points.removeAll() }

    /// Adds one reading; returns why it can't be stored, if so.
    private mutating func add(_ reading: NamedReading, _ mapping: Mapping, _ index: Int) throws(ServiceError) -> String? {
        // A reading's uncertainty has a column of its own beside that of its value.
        var key = ReadingKey(reading, variant: 2 * index)
        var known = cache.find(key)
        if known == nil {
            let (made, refusal) = try makeColumn(key, mapping)
            if let refusal { return refusal }
            known = made
        }
        guard let column = known else { return nil }
        points.append(column, reading.time, reading.value, quality: reading.quality)
        guard let uncertainty = reading.uncertainty else { return nil }
        key.variant = 2 * index + 1
        var uncertainties = cache.find(key)
        if uncertainties == nil { uncertainties = try makeColumn(key, mapping).column }
        if let uncertainties { points.append(uncertainties, reading.time, uncertainty, quality: reading.quality) }
        return nil
    }
}

extension ReadingStore {
    /// Resolves a column that was not seen before.
    private mutating func makeColumn(
        _ key: ReadingKey, _ mapping: Mapping
    ) throws(ServiceError) -> (column: Column<Double>?, refusal: String?) {
        if let refusal = refusal(of: key, mapping) { return (nil, refusal) }
        guard !isFull else {
            return (nil, "would need a new column, and the limit of \(settings.columnLimit) is reached: raise limits.columns")
        }
        let parts: [Tag: UnsafeRawBufferPointer] = [.device: key.device, .component: key.component, .phase: key.phase]
        var tags: [(key: String, value: String)] = []
        for tag in mapping.tags {
            guard let value = parts[tag], !value.isEmpty else { continue }
            tags.append((tag.rawValue, String(decoding: value, as: UTF8.self)))
        }
        let field = String(decoding: key.measurand, as: UTF8.self) + (key.variant % 2 == 1 ? "_uncertainty" : "")
        do throws(ServiceError) {
            let column = try host.timeseries.column(
                database: mapping.database, measurement: mapping.measurement, tags: tags, field: field, of: Double.self)
            cache.insert(key, column)
            return (column, nil)
        } catch {
            guard !error.isRetryable else { throw error }
            return (nil, "cannot be stored: \(error)")
        }
    }

    /// What keeps names from becoming a column.
    private func refusal(of key: ReadingKey, _ mapping: Mapping) -> String? {
        if mapping.tags.contains(.device), key.device.isEmpty {
            return "has no device: neither the message nor the mapping names one"
        }
        guard Measurand.isFieldName(key.measurand) else {
            return "has the measurand '\(shown(key.measurand))', expected letters, digits and underscores"
        }
        // In a query the field would hide the tag: `WHERE device = …` would find nothing any more, in any series of the measurement.
        guard !mapping.tags.contains(where: { key.measurand.elementsEqual($0.rawValue.utf8) }), !key.measurand.elementsEqual("time".utf8) else {
            return "has the measurand '\(shown(key.measurand))', which is the name of a tag: name the measurand otherwise"
        }
        if !mapping.storesUnknownMeasurands, Measurand.named(key.measurand) == nil {
            return "has the measurand '\(shown(key.measurand))', which is unknown: see unknown_measurands"
        }
        for (name, value) in [("device", key.device), ("component", key.component), ("phase", key.phase)] {
            guard value.count <= 256, !value.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                return "has the \(name) '\(shown(value))', expected at most 256 bytes without control characters"
            }
        }
        return nil
    }
}

import PluginAPI

/// Turns readings into points of columns, and writes the points of a batch in one call.
struct ReadingStore {
    private let host: Host
    private let settings: Settings
    private var cache = ColumnCache()
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
        var taken = 0
        try withDevice(parsed.device, mapping, topic) { device throws(ServiceError) in
            for reading in parsed.readings {
                if let reason = try add(reading, parsed.stamps[reading.stamp], device, mapping, index) {
                    parsed.refusals.append(Refusal(index: reading.index, reason: reason))
                } else {
                    taken += 1
                }
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
    mutating func forgetColumns() { cache = ColumnCache() }

    /// Forgets what was added since the last ``write()``.
    mutating func discard() { points.removeAll() }

    /// The device that a message names, else that of its topic, else that of the mapping.
    private func withDevice(
        _ device: UnsafeRawBufferPointer, _ mapping: Mapping, _ topic: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        if !device.isEmpty { return try body(device) }
        if mapping.deviceTopicLevel > 0, let level = level(mapping.deviceTopicLevel, of: topic), !level.isEmpty {
            return try body(level)
        }
        try withBytes(mapping.device, body)
    }

    private func level(_ number: Int, of topic: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let levels = topic.split(separator: UInt8(ascii: "/"), maxSplits: number, omittingEmptySubsequences: false)
        return number <= levels.count ? UnsafeRawBufferPointer(rebasing: levels[number - 1]) : nil
    }

    /// Adds one reading; returns why it can't be stored, if so.
    private mutating func add(
        _ reading: Reading, _ time: Timestamp, _ device: UnsafeRawBufferPointer, _ mapping: Mapping, _ index: Int
    ) throws(ServiceError) -> String? {
        if mapping.format == .villas, let column = mapping.columns[reading.index] {
            return try add(reading, column, time, device, mapping, index)
        }
        var key = ColumnKey(
            mapping: index, device: device, component: reading.component, phase: reading.phase, measurand: reading.measurand,
            isUncertainty: false)
        guard reading.component.isEmpty, !mapping.component.isEmpty else { return try add(reading, &key, time, mapping) }
        var refusal: String?
        try withBytes(mapping.component) { component throws(ServiceError) in
            key.component = component
            refusal = try add(reading, &key, time, mapping)
        }
        return refusal
    }

    /// The same for a value whose names stand in the configuration.
    private mutating func add(
        _ reading: Reading, _ column: MappedColumn, _ time: Timestamp, _ device: UnsafeRawBufferPointer, _ mapping: Mapping,
        _ index: Int
    ) throws(ServiceError) -> String? {
        var refusal: String?
        try withBytes(column.component) { component throws(ServiceError) in
            try withBytes(column.measurand) { measurand throws(ServiceError) in
                try withBytes(column.phase) { phase throws(ServiceError) in
                    var key = ColumnKey(
                        mapping: index, device: device, component: component, phase: phase, measurand: measurand,
                        isUncertainty: false)
                    refusal = try add(reading, &key, time, mapping)
                }
            }
        }
        return refusal
    }

    private mutating func add(
        _ reading: Reading, _ key: inout ColumnKey, _ time: Timestamp, _ mapping: Mapping
    ) throws(ServiceError) -> String? {
        var factor = reading.factor
        if !reading.unit.isEmpty {
            guard let converted = unitFactor(reading) else { return unitRefusal(reading) }
            factor = converted
        }
        let value = reading.value * factor
        guard value.isFinite else { return "has a value too large for a double" }
        var known = cache.find(key)
        if known == nil {
            let (made, refusal) = try makeColumn(key, mapping)
            if let refusal { return refusal }
            known = made
        }
        guard let column = known else { return nil }
        points.append(column, time, value, quality: reading.quality)
        guard reading.hasUncertainty else { return nil }
        key.isUncertainty = true
        var uncertainties = cache.find(key)
        if uncertainties == nil { uncertainties = try makeColumn(key, mapping).column }
        if let uncertainties { points.append(uncertainties, time, reading.uncertainty * factor, quality: reading.quality) }
        return nil
    }
}

/// Lends a text's UTF-8.
private func withBytes(
    _ text: String, _ body: (UnsafeRawBufferPointer) throws(ServiceError) -> Void
) throws(ServiceError) {
    var text = text
    let outcome: Result<Void, ServiceError> = text.withUTF8 { utf8 in
        do throws(ServiceError) {
            return .success(try body(UnsafeRawBufferPointer(utf8)))
        } catch {
            return .failure(error)
        }
    }
    try outcome.get()
}

extension ReadingStore {
    /// What the value is multiplied by to be in the measurand's unit. Nothing is known of unknown measurands: theirs stay.
    private func unitFactor(_ reading: Reading) -> Double? {
        guard let measurand = Measurand.named(reading.measurand) else { return reading.factor }
        return measurand.unit.factor(from: String(decoding: reading.unit, as: UTF8.self))
    }

    private func unitRefusal(_ reading: Reading) -> String {
        let expected = Measurand.named(reading.measurand)?.unit.rawValue ?? ""
        return "has the unit '\(shown(reading.unit))', \(shown(reading.measurand)) is in \(expected)"
    }

    /// Resolves a column that was not seen before.
    private mutating func makeColumn(
        _ key: ColumnKey, _ mapping: Mapping
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
        let field = String(decoding: key.measurand, as: UTF8.self) + (key.isUncertainty ? "_uncertainty" : "")
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
    private func refusal(of key: ColumnKey, _ mapping: Mapping) -> String? {
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

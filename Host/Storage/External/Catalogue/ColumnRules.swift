/// What may be a column of an engine.
enum ColumnRules {
    private static let longestName = 60_000

    /// - Throws: ``StorageError`` with ``StorageError/Code/invalidName``, or ``StorageError/Code/invalidPoints`` for a type that the engine cannot
    ///   keep.
    static func check(_ identity: ColumnIdentity, type: FieldType, _ traits: EngineTraits) throws(StorageError) {
        if let problem = problem(identity, traits) {
            throw StorageError(
                code: .invalidName, description: "The column \(identity.measurement).\(identity.field) cannot be made: \(problem).")
        }
        guard traits.types.contains(type) else {
            throw StorageError(
                code: .invalidPoints,
                description: "\(traits.product) keeps numbers and true or false only: the field \"\(identity.field)\" of measurement "
                    + "\"\(identity.measurement)\" is text and cannot be stored there; use the driver influxdb or embedded for texts.")
        }
    }

    private static func problem(_ identity: ColumnIdentity, _ traits: EngineTraits) -> String? {
        if identity.measurement.isEmpty { return "the measurement has no name" }
        if identity.field.isEmpty { return "the field has no name" }
        if identity.field == "time" { return "a field cannot be named \"time\", which is the time of the point" }
        if QualityField.isOne(identity.field) { return "names that end in \"\(QualityField.suffix)\" are for the quality of fields" }
        if identity.measurement.hasPrefix("#") { return "the measurement begins with #, which begins a comment for the engine" }
        if identity.tags.count > traits.mostTags {
            return "the series has \(identity.tags.count) tags, \(traits.product) takes at most \(traits.mostTags)"
        }
        if let problem = problem(ofTags: identity.tags, traits) { return problem }
        let names = [identity.measurement, identity.field] + identity.tags.flatMap { [$0.key, $0.value] }
        for name in names { if let problem = LineText.problem(of: name) { return "the name \"\(name)\" \(problem)" } }
        let length = names.reduce(0) { $0 + $1.utf8.count }
        return length > longestName ? "its names are \(length) bytes long, at most \(longestName) are allowed" : nil
    }

    private static func problem(ofTags tags: [Tag], _ traits: EngineTraits) -> String? {
        for (index, tag) in tags.enumerated() {
            if tag.key.isEmpty { return "a tag with the value \"\(tag.value)\" has no key" }
            if tag.key == "time" { return "a tag cannot be named \"time\", which is the time of the point" }
            if traits.reservedTags.contains(tag.key) { return "the tag \"\(tag.key)\" is a label that \(traits.product) needs for the platform" }
            if index > 0, tags[index - 1].key == tag.key { return "the tag \"\(tag.key)\" is given twice" }
        }
        return nil
    }
}

/// What may be a point of an engine.
enum PointRules {
    /// A time as the engine keeps it: the beginning of its unit of time.
    @inline(__always)
    static func stored(_ time: Int64, _ traits: EngineTraits) -> Int64 {
        guard traits.nanosecondsPerTick > 1 else { return time }
        let rest = time % traits.nanosecondsPerTick
        return time - (rest < 0 ? rest + traits.nanosecondsPerTick : rest)
    }

    static func problem(ofTime time: Int64, now: Int64, _ traits: EngineTraits) -> String? {
        if time < traits.earliestTime || time > traits.latestTime {
            return "\(traits.product) takes times from \(traits.earliestTime) to \(traits.latestTime) ns since 1970, a point has \(time)"
        }
        if let ahead = traits.furthestAhead, time > now, time - now > ahead {
            return "\(traits.product) drops points more than \(ahead / 3_600_000_000_000) hours ahead of its clock, a point is "
                + "\((time - now) / 3_600_000_000_000) hours ahead"
        }
        return nil
    }

    static func problem(of value: Double, _ traits: EngineTraits) -> String? {
        value.isFinite ? nil : "\(traits.product) takes no \(value)"
    }

    static func problem(of value: Int64, _ traits: EngineTraits) -> String? {
        value.magnitude <= UInt64(traits.largestInteger)
            || traits.largestInteger == .max ? nil : "\(traits.product) keeps whole numbers up to 2^53 exactly, a point has \(value)"
    }
}

import PluginAPI

/// Reads the configuration, and refuses with a sentence what it does not know.
struct SettingsReader {
    /// The settings of a configuration.
    static func read(_ configuration: Configuration) throws(ServiceError) -> Settings {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        var settings = Settings()
        let object = try ConfigObject(root, at: "config")
        try object.allow("database", "mappings", "dead_letter", "limits", "accepted_age", "accepted_lead")
        settings.database = try object.text("database") ?? settings.database
        settings.deadLetter = try deadLetter(object) ?? settings.deadLetter
        settings.window.ageSeconds = try object.seconds("accepted_age") ?? settings.window.ageSeconds
        settings.window.leadSeconds = try object.seconds("accepted_lead") ?? settings.window.leadSeconds
        if let limits = try object.object("limits") {
            try limits.allow("columns")
            settings.columnLimit = try limits.integer("columns", in: 1...100_000_000) ?? settings.columnLimit
        }
        guard let mappings = try object.objects("mappings"), !mappings.isEmpty else {
            throw .invalidConfiguration("config.mappings is missing: list at least one mapping with topics and a measurement")
        }
        for object in mappings { settings.mappings.append(try mapping(object, database: settings.database)) }
        return settings
    }

    private static func deadLetter(_ object: ConfigObject) throws(ServiceError) -> String? {
        guard let prefix = try object.text("dead_letter") else { return nil }
        guard !prefix.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") || $0 == 0 }),
            prefix.utf8.count < 256
        else {
            throw .invalidConfiguration("config.dead_letter is '\(prefix)', expected the first levels of a topic without wildcards")
        }
        return prefix
    }

    private static func mapping(_ object: ConfigObject, database: String) throws(ServiceError) -> Mapping {
        try object.allow(
            "topics", "format", "database", "measurement", "tags", "time_zone_offset", "unknown_measurands", "device", "component",
            "device_topic_level", "columns")
        var mapping = Mapping()
        mapping.topics = try topics(object)
        mapping.format = try object.choice("format", Format.self) ?? .pmu
        mapping.database = try object.text("database") ?? database
        guard let measurement = try object.text("measurement") else {
            throw .invalidConfiguration(
                "\(object.path).measurement is missing: name the measurement that the points go to, for example pmu")
        }
        mapping.measurement = measurement
        mapping.tags = try tags(object) ?? mapping.tags
        mapping.zoneOffset = try zone(object) ?? 0
        mapping.storesUnknownMeasurands = try object.choice("unknown_measurands", UnknownMeasurands.self) ?? .store == .store
        mapping.device = try object.text("device") ?? ""
        mapping.component = try object.text("component") ?? ""
        mapping.deviceTopicLevel = try object.integer("device_topic_level", in: 1...128) ?? 0
        mapping.columns = try columns(object)
        guard (mapping.format == .villas) == !mapping.columns.isEmpty else {
            throw .invalidConfiguration(
                "\(object.path).columns says what the values of villas records are: needed there, and only there")
        }
        return mapping
    }

    private enum UnknownMeasurands: String, CaseIterable { case store, refuse }

    private static func topics(_ object: ConfigObject) throws(ServiceError) -> [TopicFilter] {
        guard let texts = try object.texts("topics"), !texts.isEmpty else {
            throw .invalidConfiguration(
                "\(object.path).topics is missing: list the topic filters of this mapping, for example /pmu/#")
        }
        var filters: [TopicFilter] = []
        for text in texts {
            guard let filter = TopicFilter(text) else {
                throw .invalidConfiguration(
                    "\(object.path).topics has '\(text)', which is no topic filter: + and # must stand alone between slashes, # last"
                )
            }
            filters.append(filter)
        }
        return filters
    }

    private static func tags(_ object: ConfigObject) throws(ServiceError) -> [Tag]? {
        guard let names = try object.texts("tags") else { return nil }
        var tags: [Tag] = []
        for name in names {
            guard let tag = Tag(rawValue: name), !tags.contains(tag) else {
                throw .invalidConfiguration(
                    "\(object.path).tags has '\(name)', expected each of device, component, phase at most once")
            }
            tags.append(tag)
        }
        return tags
    }

    private static func zone(_ object: ConfigObject) throws(ServiceError) -> Int? {
        guard let text = try object.text("time_zone_offset") else { return nil }
        guard let offset = Timestamp.zoneOffset(text) else {
            throw .invalidConfiguration("\(object.path).time_zone_offset is '\(text)', expected an offset from UTC such as +01:00")
        }
        return offset
    }

    private static func columns(_ object: ConfigObject) throws(ServiceError) -> [MappedColumn?] {
        var columns: [MappedColumn?] = []
        for object in try object.optionalObjects("columns") {
            guard let object else {
                columns.append(nil)
                continue
            }
            try object.allow("component", "measurand", "phase")
            guard let measurand = try object.text("measurand") else {
                throw .invalidConfiguration("\(object.path).measurand is missing; a position to pass over is written as null")
            }
            guard Measurand.isFieldName(measurand) else {
                throw .invalidConfiguration("\(object.path).measurand is '\(measurand)', expected letters, digits and underscores")
            }
            columns.append(
                MappedColumn(
                    component: try object.text("component") ?? "", measurand: measurand, phase: try object.text("phase") ?? ""))
        }
        return columns
    }
}

public import PluginAPI

extension MessageForm {
    /// The keys that ``init(_:)`` reads.
    public static let keys = ["topics", "format", "time_zone_offset", "device", "component", "device_topic_level", "columns"]

    /// Reads the form out of an object of a service's configuration.
    /// - Throws: ``Status/invalidConfiguration`` with a sentence that says where.
    public init(_ object: ConfigurationObject) throws(ServiceError) {
        topics = try Self.topics(object)
        format = try object.choice("format", MessageFormat.self) ?? .pmu
        zoneOffset = try Self.zone(object) ?? 0
        device = NameBytes(try object.text("device") ?? "")
        component = NameBytes(try object.text("component") ?? "")
        deviceTopicLevel = try object.integer("device_topic_level", in: 1...128) ?? 0
        columns = try Self.columns(object)
        guard (format == .villas) == !columns.isEmpty else {
            throw .invalidConfiguration(
                "\(object.path).columns says what the values of villas records are: needed there, and only there")
        }
    }

    private static func topics(_ object: ConfigurationObject) throws(ServiceError) -> [TopicFilter] {
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

    private static func zone(_ object: ConfigurationObject) throws(ServiceError) -> Int? {
        guard let text = try object.text("time_zone_offset") else { return nil }
        guard let offset = Timestamp.zoneOffset(text) else {
            throw .invalidConfiguration("\(object.path).time_zone_offset is '\(text)', expected an offset from UTC such as +01:00")
        }
        return offset
    }

    private static func columns(_ object: ConfigurationObject) throws(ServiceError) -> [Column?] {
        var columns: [Column?] = []
        for object in try object.optionalObjects("columns") {
            guard let object else {
                columns.append(nil)
                continue
            }
            try object.allow(["component", "measurand", "phase"])
            guard let measurand = try object.text("measurand") else {
                throw .invalidConfiguration("\(object.path).measurand is missing; a position to pass over is written as null")
            }
            guard Measurand.isFieldName(measurand) else {
                throw .invalidConfiguration("\(object.path).measurand is '\(measurand)', expected letters, digits and underscores")
            }
            columns.append(
                Column(
                    component: NameBytes(try object.text("component") ?? ""), measurand: NameBytes(measurand),
                    phase: NameBytes(try object.text("phase") ?? "")))
        }
        return columns
    }
}

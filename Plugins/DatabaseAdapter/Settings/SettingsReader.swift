import PluginAPI
import Readings

/// Reads the configuration, and refuses with a sentence what it does not know.
struct SettingsReader {
    /// The settings of a configuration.
    static func read(_ configuration: Configuration) throws(ServiceError) -> Settings {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        var settings = Settings()
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(["database", "mappings", "dead_letter", "limits", "accepted_age", "accepted_lead"])
        settings.database = try object.text("database") ?? settings.database
        settings.deadLetter = try deadLetter(object) ?? settings.deadLetter
        settings.window.ageSeconds = try object.seconds("accepted_age") ?? settings.window.ageSeconds
        settings.window.leadSeconds = try object.seconds("accepted_lead") ?? settings.window.leadSeconds
        if let limits = try object.object("limits") {
            try limits.allow(["columns"])
            settings.columnLimit = try limits.integer("columns", in: 1...100_000_000) ?? settings.columnLimit
        }
        guard let mappings = try object.objects("mappings"), !mappings.isEmpty else {
            throw .invalidConfiguration("config.mappings is missing: list at least one mapping with topics and a measurement")
        }
        for object in mappings { settings.mappings.append(try mapping(object, database: settings.database)) }
        return settings
    }

    private static func deadLetter(_ object: ConfigurationObject) throws(ServiceError) -> String? {
        guard let prefix = try object.text("dead_letter") else { return nil }
        guard !prefix.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") || $0 == 0 }),
            prefix.utf8.count < 256
        else {
            throw .invalidConfiguration("config.dead_letter is '\(prefix)', expected the first levels of a topic without wildcards")
        }
        return prefix
    }

    private static func mapping(_ object: ConfigurationObject, database: String) throws(ServiceError) -> Mapping {
        try object.allow(MessageForm.keys + ["database", "measurement", "tags", "unknown_measurands"])
        let form = try MessageForm(object)
        guard let measurement = try object.text("measurement") else {
            throw .invalidConfiguration(
                "\(object.path).measurement is missing: name the measurement that the points go to, for example pmu")
        }
        return Mapping(
            form: form, database: try object.text("database") ?? database, measurement: measurement,
            tags: try tags(object) ?? Tag.allCases,
            storesUnknownMeasurands: try object.choice("unknown_measurands", UnknownMeasurands.self) ?? .store == .store)
    }

    private enum UnknownMeasurands: String, CaseIterable { case store, refuse }

    private static func tags(_ object: ConfigurationObject) throws(ServiceError) -> [Tag]? {
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
}

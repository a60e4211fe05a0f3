import PluginAPI
import Readings
import SiteCalendar

extension CSVSettings {
    private enum Locale: String, CaseIterable { case en, de }

    /// Reads the configuration, and refuses with a sentence what it does not know.
    init(_ configuration: Configuration) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(["folder", "locale", "time_zone", "keep", "tables"])
        guard let folder = try object.text("folder") else {
            throw .invalidConfiguration("config.folder is missing: name the folder that the files are written to")
        }
        self.folder = folder
        form = try object.choice("locale", Locale.self) == .de ? .german : .international
        let zoneName = try object.text("time_zone") ?? "UTC"
        guard let zone = zoneName == "UTC" ? SiteZone.utc : SiteZone(zoneName) else {
            throw .invalidConfiguration("config.time_zone is '\(zoneName)', expected a time zone of this machine such as Europe/Berlin")
        }
        self.zone = zone
        keptDays = try object.seconds("keep").map { Int(($0 + 86_399) / 86_400) }
        var tables: [TableSettings] = []
        for object in try object.objects("tables") ?? [] {
            let table = try Self.table(object)
            guard !tables.contains(where: { $0.name == table.name }) else {
                throw .invalidConfiguration("\(object.path).name is '\(table.name)', which another table has: their files would be the same")
            }
            tables.append(table)
        }
        guard !tables.isEmpty else { throw .invalidConfiguration("config.tables is missing: list at least one table with name and topics") }
        self.tables = tables
    }

    private static func table(_ object: ConfigurationObject) throws(ServiceError) -> TableSettings {
        guard let name = try object.text("name"), name.utf8.count <= 64, name.utf8.allSatisfy(isFileNameByte) else {
            throw .invalidConfiguration("\(object.path).name is missing or has other signs than letters, digits, - and _ (at most 64)")
        }
        if let columns = try object.object("columns") {
            try object.allow(["name", "topics", "each", "time", "columns"])
            return TableSettings(name: name, content: .documents(try documents(object, columns)), interval: 0)
        }
        try object.allow(MessageForm.keys + ["name", "interval"])
        let interval = try object.seconds("interval") ?? 0
        guard interval == 0 || 86_400 % interval == 0 else {
            throw .invalidConfiguration("\(object.path).interval is \(interval) s, expected one that a day can be divided by, such as 15m")
        }
        return TableSettings(name: name, content: .readings(try MessageForm(object)), interval: Int(interval))
    }

    private static func documents(_ object: ConfigurationObject, _ columns: ConfigurationObject) throws(ServiceError) -> DocumentTable {
        var topics: [TopicFilter] = []
        for text in try object.texts("topics") ?? [] {
            guard let filter = TopicFilter(text) else {
                throw .invalidConfiguration("\(object.path).topics has '\(text)', which is no topic filter: + and # stand alone between slashes, # last")
            }
            topics.append(filter)
        }
        var found: [(head: String, path: JSONPath)] = []
        for head in columns.keys {
            guard let path = try JSONPath(columns, head) else { continue }
            found.append((head, path))
        }
        guard !topics.isEmpty, !found.isEmpty else {
            throw .invalidConfiguration("\(object.path) needs topics and columns: the documents, and what of them is written")
        }
        return DocumentTable(topics: topics, each: try JSONPath(object, "each"), time: try JSONPath(object, "time"), columns: found)
    }

    private static func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

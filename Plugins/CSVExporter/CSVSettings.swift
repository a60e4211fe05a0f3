import PluginAPI
import Readings
import SiteCalendar

/// What the manifest's `config` says.
struct CSVSettings {
    /// Where the files are written.
    let folder: String
    let form: CSVForm
    let zone: SiteZone
    /// After how many days files are removed; nil: never.
    let keptDays: Int?
    let tables: [TableSettings]
}

/// One class of topics: its files are `<name>-<day>.csv`.
struct TableSettings {
    let name: String
    let content: Content
    /// Seconds over which values are summarised, from midnight of UTC on; 0: every value has its row.
    let interval: Int

    enum Content {
        /// Messages with readings.
        case readings(MessageForm)
        /// JSON documents.
        case documents(DocumentTable)
    }
}

/// JSON documents as rows.
struct DocumentTable {
    let topics: [TopicFilter]
    /// Where the list stands whose elements each give a row; nil: the document gives one.
    let each: JSONPath?
    /// Where the time stands in the document (RFC 3339 or seconds since 1970); nil: when it came.
    let time: JSONPath?
    /// The columns after the time: their heads, and where they stand in the element, else in the document.
    let columns: [(head: String, path: JSONPath)]
}

/// How numbers, times and separators are written.
struct CSVForm {
    let separator: UInt8
    let decimal: UInt8
    let isGerman: Bool

    /// Comma between, point within numbers, times as RFC 3339 without zone.
    static let international = CSVForm(separator: UInt8(ascii: ","), decimal: UInt8(ascii: "."), isGerman: false)
    /// What Excel and LibreOffice in German open without questions: semicolon between, comma within numbers, 31.12.2026 23:59:59,000, UTF-8 mark.
    static let german = CSVForm(separator: UInt8(ascii: ";"), decimal: UInt8(ascii: ","), isGerman: true)
}

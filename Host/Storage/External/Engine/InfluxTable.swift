/// One series of an InfluxQL answer, for the small answers about names; points have a way of their own.
struct InfluxTable {
    let name: String
    let tags: [Tag]
    let columns: [String]
    let rows: [[JSONValue]]

    /// An error that the answer holds, or an answer of another form.
    struct Fault: Error, CustomStringConvertible {
        let description: String

        var isMissingDatabase: Bool { description.hasPrefix("database not found") }

        var isAboutRights: Bool { description.hasPrefix("error authorizing query") }
    }

    /// The series of all statements of an answer.
    static func parse(_ body: [UInt8]) throws(Fault) -> [InfluxTable] {
        guard case .object(let answer)? = JSONValue(String(decoding: body, as: UTF8.self)) else {
            throw Fault(description: "the answer to a query is no JSON object")
        }
        if case .string(let sentence)? = answer["error"] { throw Fault(description: sentence) }
        guard case .array(let results)? = answer["results"] else { throw Fault(description: "the answer to a query has no \"results\"") }
        var tables: [InfluxTable] = []
        for case .object(let result) in results {
            if case .string(let sentence)? = result["error"] { throw Fault(description: sentence) }
            guard case .array(let series)? = result["series"] else { continue }
            for case .object(let table) in series { tables.append(InfluxTable(table)) }
        }
        return tables
    }

    private init(_ table: [String: JSONValue]) {
        name = table["name"]?.text ?? ""
        if case .object(let tags)? = table["tags"] {
            self.tags = tags.compactMap { key, value in value.text.flatMap { $0.isEmpty ? nil : Tag(key, $0) } }.sorted()
        } else {
            tags = []
        }
        if case .array(let columns)? = table["columns"] { self.columns = columns.compactMap(\.text) } else { columns = [] }
        guard case .array(let values)? = table["values"] else {
            rows = []
            return
        }
        rows = values.map { row in if case .array(let cells) = row { cells } else { [] } }
    }
}

extension JSONValue {
    /// The text of a string.
    var text: String? { if case .string(let text) = self { text } else { nil } }
}

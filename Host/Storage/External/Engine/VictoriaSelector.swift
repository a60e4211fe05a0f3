/// Selectors of series as VictoriaMetrics reads them, and the way from a series back to a column.
enum VictoriaSelector {
    /// A selector of exact values. A label whose name is no identifier cannot stand in a selector of version 1.79; it is left out, and the
    /// caller compares the labels of what comes.
    static func text(_ labels: [(name: String, value: String)]) -> String {
        "{" + labels.filter { isIdentifier($0.name) }.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ",") + "}"
    }

    /// The selector of a column, or of its quality.
    static func text(_ column: ColumnIdentity, type: FieldType, otherTags: [String], isQuality: Bool) -> String {
        let labels = labels(of: column, type: type, isQuality: isQuality)
        return text(labels.map { ($0.key, $0.value) } + otherTags.map { ($0, "") } + (type == .float ? [(VictoriaMetricsEngine.typeLabel, "")] : []))
    }

    /// All labels of the series of a column, sorted.
    static func labels(of column: ColumnIdentity, type: FieldType, isQuality: Bool) -> [Tag] {
        let metric = VictoriaMetricsEngine.metric(column)
        var labels = column.tags
        labels.append(Tag("__name__", isQuality ? QualityField.name(of: metric) : metric))
        labels.append(Tag(VictoriaMetricsEngine.databaseLabel, column.database))
        labels.append(Tag(VictoriaMetricsEngine.fieldLabel, column.field))
        if type != .float { labels.append(Tag(VictoriaMetricsEngine.typeLabel, type.name)) }
        return labels.sorted()
    }

    /// The column of a series with these labels, and whether the series is its quality; `nil` if another writer made it.
    static func column(_ labels: [String: String]) -> (DiscoveredColumn, isQuality: Bool)? {
        guard let field = labels[VictoriaMetricsEngine.fieldLabel], let database = labels[VictoriaMetricsEngine.databaseLabel],
            var name = labels["__name__"]
        else { return nil }
        let isQuality = QualityField.isOne(name)
        if isQuality { name = QualityField.base(of: name) }
        guard name.hasSuffix("_" + field) else { return nil }
        let type: FieldType =
            switch labels[VictoriaMetricsEngine.typeLabel] {
            case FieldType.integer.name?: .integer
            case FieldType.boolean.name?: .boolean
            default: .float
            }
        let own = ["__name__", VictoriaMetricsEngine.fieldLabel, VictoriaMetricsEngine.databaseLabel, VictoriaMetricsEngine.typeLabel]
        let tags = labels.filter { !own.contains($0.key) && !$0.value.isEmpty }.map { Tag($0.key, $0.value) }
        let measurement = String(name.dropLast(field.count + 1))
        let identity = ColumnIdentity(
            database: database, measurement: measurement, tags: tags, field: isQuality ? QualityField.name(of: field) : field)
        return (DiscoveredColumn(identity: identity, type: isQuality ? .integer : type), isQuality)
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": result += "\\" + String(character)
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "\""
    }
}

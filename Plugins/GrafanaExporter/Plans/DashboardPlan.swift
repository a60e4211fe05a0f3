/// What a dashboard shows, before it is written as Grafana wants it.
struct DashboardPlan: Equatable {
    let uid: String
    let title: String
    var variable: Variable?
    var rows: [Row] = []

    /// Values of a tag to select from.
    struct Variable: Equatable {
        let name: String
        let query: String
    }

    struct Row: Equatable {
        let title: String
        var panels: [Panel] = []
        /// Whether Grafana repeats it for each selected value of the variable.
        var isRepeated = false
    }

    struct Panel: Equatable {
        let title: String
        /// A unit of Grafana's: `volt`, `radian`, `hertz` …
        let unit: String
        /// Of the 24 columns of a dashboard.
        var width = 8
        var queries: [Query] = []
    }

    struct Query: Equatable {
        let text: String
        /// The legend; `$tag_phase` stands for the tag's value.
        let alias: String
        var style = Style.line
    }

    /// How the series of a query is drawn.
    enum Style: Equatable {
        case line, bold, dashed
        /// Filled down to the series of that alias.
        case band(downTo: String)
        /// Only the lower edge of a band.
        case edge
    }
}

/// InfluxQL for panels.
enum PanelQuery {
    /// The mean of a field over each of Grafana's intervals.
    /// - Parameters:
    ///   - tags: what the series must have; a value that begins with `$` is a variable of the dashboard.
    ///   - group: tags that tell lines apart.
    static func mean(_ field: String, of measurement: String, tags: [(key: String, value: String)] = [], by group: [String] = []) -> String {
        select("mean(\(identifier(field)))", of: measurement, tags: tags, by: group)
    }

    private static func select(_ expression: String, of measurement: String, tags: [(key: String, value: String)], by group: [String] = []) -> String {
        var text = "SELECT \(expression) FROM \(identifier(measurement)) WHERE "
        for tag in tags { text += tag.value.hasPrefix("$") ? "\(identifier(tag.key)) =~ /^\(tag.value)$/ AND " : "\(identifier(tag.key)) = \(string(tag.value)) AND " }
        text += "$timeFilter GROUP BY time($__interval)"
        for tag in group { text += ", \(identifier(tag))" }
        return text + " fill(null)"
    }

    /// How fast a counter grows over each of Grafana's intervals, a second; a restart is no growth.
    static func rate(_ field: String, of measurement: String, tags: [(key: String, value: String)]) -> String {
        select("non_negative_derivative(max(\(identifier(field))), 1s)", of: measurement, tags: tags)
    }

    /// The values of a tag.
    static func values(of tag: String, in measurement: String) -> String {
        "SHOW TAG VALUES FROM \(identifier(measurement)) WITH KEY = \(identifier(tag))"
    }

    private static func identifier(_ name: String) -> String { quoted(name, "\"") }
    private static func string(_ text: String) -> String { quoted(text, "'") }

    private static func quoted(_ text: String, _ mark: Character) -> String {
        var result = String(mark)
        for character in text {
            if character == mark || character == "\\" { result.append("\\") }
            if character == "\n" { result += "\\n" } else { result.append(character) }
        }
        result.append(mark)
        return result
    }
}

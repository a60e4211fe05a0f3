internal import PluginAPI

/// A verified request as a table for spreadsheets: RFC 4180, comma, point, times in UTC.
public enum SettlementTable {
    /// One line for each settlement period, with a line of headings.
    public static func csv(_ records: [RequestRecord]) -> String {
        var text = "request,revision,location,method,start,end,baseline_kw,ordered_kw,actual_kw,delivered_kw,deficiency_kw,quality,price,currency\r\n"
        for record in records {
            for step in record.verification ?? [] {
                let fields: [String] = [
                    record.request.id, "\(record.request.revision)", record.request.location.description, record.baseline?.method.rawValue ?? "",
                    step.start.description, step.end.description, number(step.baselineKW), number(step.orderedKW), number(step.actualKW),
                    number(step.deliveredKW), number(step.deficiencyKW), step.quality.rawValue, number(record.order?.pricePerKWh),
                    record.settlement?.currency ?? "",
                ]
                text += fields.map(quoted).joined(separator: ",") + "\r\n"
            }
        }
        return text
    }

    private static func number(_ value: Double?) -> String { value.map { "\(($0 * 1e6).rounded() / 1e6)" } ?? "" }

    /// A field that would be taken for a formula or several fields is put into quotes.
    private static func quoted(_ field: String) -> String {
        let isFormula = field.first.map { "=+@\t".contains($0) } ?? false
        let text = isFormula ? "'" + field : field
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

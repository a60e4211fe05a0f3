extension RunIndicators {
    /// One indicator for tables: its name, value and unit.
    public struct Line: Hashable, Sendable {
        /// As a field of the store and of JSON.
        public let key: String
        /// For people.
        public let name: String
        /// Nil where it has no meaning.
        public let value: Double?
        public let unit: String
    }

    /// All indicators in the order of a report.
    public var lines: [Line] {
        func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
        return [
            Line(key: "hours", name: "Duration", value: hours, unit: "h"),
            Line(key: "import_kwh", name: "Import", value: importKWh, unit: "kWh"),
            Line(key: "export_kwh", name: "Export", value: exportKWh, unit: "kWh"),
            Line(key: "saved_kwh", name: "Energy not exchanged (UC1-K01)", value: savedKWh, unit: "kWh"),
            Line(key: "peak_import_kw", name: "Peak import", value: peakImportKW, unit: "kW"),
            Line(key: "peak_export_kw", name: "Peak export", value: peakExportKW, unit: "kW"),
            Line(key: "back_feed_peak_reduction", name: "Reduction of the back-feed peak (UC1-K02)", value: backFeedPeakReduction, unit: ""),
            Line(key: "self_consumption", name: "Self-consumption", value: selfConsumption, unit: ""),
            Line(key: "self_sufficiency", name: "Self-sufficiency", value: selfSufficiency, unit: ""),
            Line(key: "island_min_hours", name: "Island mode, shortest", value: islandHours.min(), unit: "h"),
            Line(key: "island_mean_hours", name: "Island mode, mean", value: mean(islandHours), unit: "h"),
            Line(key: "island_max_hours", name: "Island mode, longest", value: islandHours.max(), unit: "h"),
            Line(key: "flexibility_availability", name: "Availability of flexibility", value: availability, unit: ""),
            Line(key: "response_mean_seconds", name: "Response, mean", value: mean(responseSeconds), unit: "s"),
            Line(key: "response_max_seconds", name: "Response, longest", value: responseSeconds.max(), unit: "s"),
            Line(key: "set_point_rmse_kw", name: "Set-point, RMS deviation", value: rootMeanSquareKW, unit: "kW"),
            Line(key: "set_point_mae_kw", name: "Set-point, mean deviation", value: meanDeviationKW, unit: "kW"),
            Line(key: "time_within_band", name: "Time within 2 % of the set-point", value: timeWithinBand, unit: ""),
            Line(key: "slot_announced_kwh", name: "Energy announced for slots", value: slots.isEmpty ? nil : slots.reduce(0) { $0 + $1.announcedKWh }, unit: "kWh"),
            Line(key: "slot_delivered_kwh", name: "Energy in slots", value: slots.isEmpty ? nil : slots.reduce(0) { $0 + $1.deliveredKWh }, unit: "kWh"),
        ]
    }

    /// A table of the indicators, RFC 4180, with a heading.
    public var csv: String {
        "indicator,value,unit\n" + lines.map { "\"\($0.name)\",\($0.value.map { "\($0)" } ?? ""),\($0.unit)" }.joined(separator: "\n") + "\n"
    }

    /// A page of the indicators, to be printed or kept.
    /// - Parameter title: plain text.
    public func html(title: String) -> String {
        func escaped(_ text: String) -> String {
            String(text.flatMap { character -> [Character] in
                switch character {
                case "<": Array("&lt;")
                case ">": Array("&gt;")
                case "&": Array("&amp;")
                case "\"": Array("&quot;")
                default: [character]
                }
            })
        }
        let rows = lines.map { line in
            "<tr><th scope=\"row\">\(escaped(line.name))</th><td>\(line.value.map { PlainNumber.text($0) } ?? "–")</td><td>\(line.unit)</td></tr>"
        }
        let slotRows = slots.map { "<tr><th scope=\"row\">\(escaped($0.name))</th><td>\(PlainNumber.text($0.deliveredKWh)) of \(PlainNumber.text($0.announcedKWh))</td><td>kWh</td></tr>" }
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
            <style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}td{text-align:right;padding:.15rem .6rem}th{text-align:left;font-weight:normal}
            table{border-collapse:collapse}tr{border-bottom:1px solid #8884}</style></head>
            <body><h1>\(escaped(title))</h1><table><tbody>\(rows.joined())\(slotRows.joined())</tbody></table></body></html>
            """
    }
}

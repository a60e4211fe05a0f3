/// Writes results as InfluxDB's `Accept: application/csv` does.
struct CSVEncoder {
    let epoch: EpochPrecision

    func encode(_ outcome: InfluxQLOutcome) -> [UInt8] {
        if let error = outcome.queryError { return line(["error"]) + line([error.description]) }
        var bytes: [UInt8] = []
        for result in outcome.results {
            if let error = result.error { bytes += line(["error"]) + line([error.description]) }
            var heading: [String] = []
            for series in result.series {
                if series.columns != heading {
                    if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
                    heading = series.columns
                    bytes += line(["name", "tags"] + heading)
                }
                encode(series, into: &bytes)
            }
        }
        return bytes
    }

    private func encode(_ series: ResultSeries, into bytes: inout [UInt8]) {
        let tags = series.tags.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        for row in 0..<series.rowCount {
            var cells = [series.name ?? "", tags]
            if let times = series.times { cells.append(String(times[row] / epoch.nanoseconds)) }
            for column in 0..<series.width { cells.append(text(series.values[row * series.width + column])) }
            bytes += line(cells)
        }
    }

    private func text(_ value: QueryValue) -> String {
        switch value {
        case .null: ""
        case .float(let number): JSONText.number(number)
        case .integer(let number): String(number)
        case .boolean(let value): value ? "true" : "false"
        case .text(let text): text
        case .time(let time): String(time / epoch.nanoseconds)
        }
    }

    private func line(_ cells: [String]) -> [UInt8] {
        let text = cells.map { cell in
            let needsQuotes = cell.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) } || cell.hasPrefix(" ")
            guard needsQuotes else { return cell }
            return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }.joined(separator: ",")
        return Array((text + "\n").utf8)
    }
}

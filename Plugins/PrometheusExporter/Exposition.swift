import PluginAPI

/// Prometheus' text format, version 0.0.4.
enum Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Labels as they stand in a sample: `{device="pmu-1",phase="A"}`; nothing if there are none. Empty values are left out: to Prometheus
    /// they are the same as none.
    static func labels(_ pairs: [(key: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for pair in pairs.sorted(by: { $0.key < $1.key }) where !pair.value.isEmpty {
            bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            bytes += pair.key.utf8
            bytes += "=\"".utf8
            for byte in pair.value.utf8 { append(byte, quoted: true, to: &bytes) }
            bytes.append(UInt8(ascii: "\""))
        }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "}")) }
        return bytes
    }

    /// All series that came since an instant, metric by metric in the order of their names.
    static func text(_ board: SeriesBoard, since: Timestamp, showsTime: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(board.series.count * 100)
        for family in board.families.sorted(by: { $0.name < $1.name }) {
            var isBegun = false
            for number in family.series {
                let series = board.series[number]
                guard series.seen >= since else { continue }
                if !isBegun { begin(family, &bytes) }
                isBegun = true
                bytes += family.name.utf8
                bytes += series.labels
                bytes.append(UInt8(ascii: " "))
                bytes += text(series.value).utf8
                if showsTime {
                    bytes.append(UInt8(ascii: " "))
                    bytes += String(series.time.nanoseconds / 1_000_000).utf8
                }
                bytes.append(UInt8(ascii: "\n"))
            }
        }
        return bytes
    }

    private static func begin(_ family: SeriesBoard.Family, _ bytes: inout [UInt8]) {
        bytes += "# HELP \(family.name) ".utf8
        for byte in family.help.utf8 { append(byte, quoted: false, to: &bytes) }
        bytes += "\n# TYPE \(family.name) \(family.kind.rawValue)\n".utf8
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    private static func append(_ byte: UInt8, quoted: Bool, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\\"): bytes += "\\\\".utf8
        case UInt8(ascii: "\n"): bytes += "\\n".utf8
        case UInt8(ascii: "\"") where quoted: bytes += "\\\"".utf8
        default: bytes.append(byte)
        }
    }
}

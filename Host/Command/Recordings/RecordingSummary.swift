internal import PluginAPI
internal import Recording

/// What is in a recording, counted by topic.
struct RecordingSummary {
    private(set) var messages = 0
    private(set) var payloadBytes = 0
    private(set) var lastTime: Int64 = 0
    private var topics: [String: Int] = [:]
    private let reader: RecordingReader

    /// Reads all of it.
    init(_ path: String) throws(RecordingError) {
        reader = try RecordingReader(path)
        while let block = try reader.next() {
            for message in block {
                messages += 1
                payloadBytes += message.payload.count
                lastTime = message.time
                topics[message.topic, default: 0] += 1
            }
        }
    }

    /// For a person, one fact a line.
    var text: String {
        let rate = lastTime > 0 ? Double(messages) / (Double(lastTime) / 1e9) : 0
        var lines = [
            "began     \(Timestamp(nanoseconds: reader.began))", "lasts     \(DecimalSeconds.text(nanoseconds: lastTime)) s",
            "messages  \(messages), \((rate * 10).rounded() / 10) a second, \(payloadBytes) bytes of payload",
            "file      \(reader.wholeBytes) bytes" + (reader.tornBytes > 0 ? ", and \(reader.tornBytes) torn at its end, which are left away" : ""),
            "topics    \(topics.count)",
        ]
        let ordered = topics.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        lines += ordered.prefix(20).map { "  \($0.value)  \($0.key)" }
        if ordered.count > 20 { lines.append("  and \(ordered.count - 20) more") }
        return lines.joined(separator: "\n")
    }
}

public import PluginAPI

/// A message, or part of one, that could not be stored: published as JSON to `<prefix>/<topic>`, the topic exactly as it is; to the
/// prefix alone if the two together would be no topic any more.
public struct DeadLetter {
    let topic: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    let received: Timestamp
    let reason: String
    /// The readings that are refused, of a message whose others are stored.
    let readings: [Refusal]

    public init(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, received: Timestamp, reason: String, readings: [Refusal] = []
    ) {
        self.topic = topic
        self.payload = payload
        self.received = received
        self.reason = reason
        self.readings = readings
    }

    /// Longer payloads are cut to this many bytes.
    static let longestPayload = 65_536
    /// More refused readings are counted, not listed.
    static let mostReadings = 100
    /// What brokers take of a topic, ours too: bytes and levels.
    static let longestTopic = 4_096
    static let deepestTopic = 128

    /// Adds the letter to what will be published.
    public func append(to batch: inout PublicationBatch, prefix: String) {
        let topicText = String(decoding: topic, as: UTF8.self)
        let target = "\(prefix)/\(topicText)"
        let levels = target.utf8.count { $0 == UInt8(ascii: "/") } + 1
        let fits = target.utf8.count <= DeadLetter.longestTopic && levels <= DeadLetter.deepestTopic
        // The letter itself still names the whole topic.
        batch.append(fits ? target : prefix, json(topicText).bytes, qos: 1)
    }

    private func json(_ topic: String) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("topic", topic)
        json.member("reason", reason)
        if !readings.isEmpty { write(readings, &json) }
        json.member("received", received.description)
        writePayload(&json)
        json.endObject()
        return json
    }

    private func write(_ readings: [Refusal], _ json: inout JSONWriter) {
        json.key("readings")
        json.beginArray()
        for refusal in readings.prefix(DeadLetter.mostReadings) {
            json.beginObject()
            json.member("index", refusal.index)
            json.member("reason", refusal.reason)
            json.endObject()
        }
        json.endArray()
    }

    private func writePayload(_ json: inout JSONWriter) {
        var kept = UnsafeRawBufferPointer(rebasing: payload.prefix(DeadLetter.longestPayload))
        let isText = isUTF8(kept) || isCutText(&kept)
        json.key("payload")
        if isText {
            json.value(utf8: kept)
        } else {
            json.value(base64(kept))
            json.member("payload_encoding", "base64")
        }
        if payload.count > DeadLetter.longestPayload { json.member("payload_bytes", payload.count) }
    }

    /// Whether bytes are text but for a character that the cut went through, which is then taken away.
    private func isCutText(_ kept: inout UnsafeRawBufferPointer) -> Bool {
        guard kept.count < payload.count else { return false }
        for dropped in 1...3 {
            let shorter = UnsafeRawBufferPointer(rebasing: kept.dropLast(dropped))
            if isUTF8(shorter) {
                kept = shorter
                return true
            }
        }
        return false
    }
}

/// RFC 4648, section 4.
func base64(_ bytes: UnsafeRawBufferPointer) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
        let rest = min(3, bytes.count - index)
        var group = 0
        for offset in 0..<3 { group = group << 8 | (offset < rest ? Int(bytes[index + offset]) : 0) }
        for position in 0..<4 {
            text.append(position <= rest ? alphabet[group >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
        }
        index += 3
    }
    return String(decoding: text, as: UTF8.self)
}

internal import PluginAPI

/// A message that no work could be done for, as it goes to the dead-letter topic: the form that the database adapter uses too.
enum ForeignLetter {
    /// Longer payloads are cut to this many bytes.
    private static let longestPayload = 65_536

    static func append(_ message: Message, reason: String, prefix: String, to batch: inout PublicationBatch) {
        let topic = message.topicText
        var json = JSONWriter()
        json.beginObject()
        json.member("topic", topic)
        json.member("reason", reason)
        json.member("received", message.received.description)
        json.member("payload", String(decoding: message.payload.prefix(longestPayload), as: UTF8.self))
        if message.payload.count > longestPayload { json.member("payload_bytes", message.payload.count) }
        json.endObject()
        // What brokers take of a topic, ours too: bytes and levels.
        let target = "\(prefix)/\(topic)"
        let fits = target.utf8.count <= 4_096 && target.utf8.count(where: { $0 == UInt8(ascii: "/") }) < 128
        batch.append(fits ? target : prefix, json.bytes, qos: 1)
    }
}

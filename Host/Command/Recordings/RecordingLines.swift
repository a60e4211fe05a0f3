internal import FoundationEssentials
internal import PluginAPI
internal import Recording

/// A recording as lines of JSON, to be read, written and edited by people: `{"t":1.5,"topic":"/pmu/dev","payload":"…"}`.
///
/// The first line may be `{"recording":1,"began":"2026-05-01T12:00:00Z"}`. Of a message, `t` is in seconds since then; the payload is a
/// text (`payload`), bytes (`payload_base64`) or a JSON value as it stands (`json`); `qos` is 0 and `retained` false unless it says
/// otherwise.
enum RecordingLines {
    /// Where time 0 is if the lines do not say: that of the test kit, so that what a service makes of them is the same every day.
    static let defaultBegan: Int64 = 1_717_243_200_000_000_000

    static func header(began: Int64) -> String {
        "{\"recording\":1,\"began\":\"\(Timestamp(nanoseconds: began))\"}"
    }

    static func line(_ message: RecordedMessage) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("topic", message.topic)
        writer.write(payload: message.payload)
        if message.qos > 0 { writer.member("qos", Int(message.qos)) }
        if message.isRetained { writer.member("retained", true) }
        writer.endObject()
        return "{\"t\":\(DecimalSeconds.text(nanoseconds: message.time))," + writer.string.dropFirst()
    }

    /// What one line says.
    enum Line {
        case header(began: Int64)
        case message(RecordedMessage)
    }

    /// Reads one line.
    /// - Throws: ``PlatformError`` that names the line.
    static func parse(_ line: String, number: Int) throws(PlatformError) -> Line {
        let bytes = Array(line.utf8)
        do {
            return try bytes.withUnsafeBytes { bytes in
                var reader = LineReader(bytes)
                return try reader.line()
            }
        } catch {
            throw PlatformError("line \(number): \(error)")
        }
    }
}

extension JSONWriter {
    /// `payload` if it is text, else `payload_base64`.
    mutating func write(payload: [UInt8]) {
        if let text = String(validating: payload, as: UTF8.self) {
            member("payload", text)
        } else {
            member("payload_base64", Data(payload).base64EncodedString())
        }
    }
}

/// Reads the members of one line.
private struct LineReader {
    private static let keys = "expected t, topic, payload, payload_base64, json, qos, retained; or recording, began"
    private let bytes: UnsafeRawBufferPointer
    private var reader: JSONReader
    private var message = RecordedMessage(time: -1, topic: "", payload: [])
    private var payloads = 0
    private var began: Int64?

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        reader = JSONReader(bytes)
    }

    mutating func line() throws -> RecordingLines.Line {
        try reader.beginObject()
        while let key = try reader.nextKey() { try take(key.string) }
        try reader.end()
        if let began { return .header(began: began) }
        guard message.time >= 0 else { throw PlatformError("t is missing (expected seconds since the recording began)") }
        guard !message.topic.isEmpty else { throw PlatformError("topic is missing (expected a topic name)") }
        guard payloads <= 1 else { throw PlatformError("the payload is there twice (expected one of payload, payload_base64 and json)") }
        return .message(message)
    }

    private mutating func take(_ key: String) throws {
        switch key {
        case "recording":
            guard try reader.number().integer == 1 else { throw PlatformError("recording is not 1 (the version of this form)") }
            began = began ?? RecordingLines.defaultBegan
        case "began":
            guard let time = Timestamp(json: try reader.next(), offsetIfMissing: 0) else {
                throw PlatformError("began is not a time (expected one such as 2026-05-01T12:00:00Z)")
            }
            began = time.nanoseconds
        case "t":
            let number = String(decoding: try reader.number().raw, as: UTF8.self)
            guard let time = DecimalSeconds.nanoseconds(number) else {
                throw PlatformError("t is \(number) (expected seconds since the recording began, 0 or more, such as 1.5)")
            }
            message.time = time
        case "topic": message.topic = try reader.text().string
        case "payload": try take(payload: Array(try reader.text().string.utf8))
        case "payload_base64":
            guard let data = Data(base64Encoded: try reader.text().string) else { throw PlatformError("payload_base64 is not base64") }
            try take(payload: Array(data))
        case "json":
            let start = reader.offset
            try reader.skipValue()
            let blank: Set<UInt8> = [0x20, 0x09]
            try take(payload: Array(bytes[start..<reader.offset].drop { blank.contains($0) }))
        case "qos":
            guard let qos = try reader.number().integer, (0...2).contains(qos) else { throw PlatformError("qos is not 0, 1 or 2") }
            message.qos = UInt8(qos)
        case "retained": message.isRetained = try reader.boolean()
        default: throw PlatformError("'\(key)' is unknown (\(Self.keys))")
        }
    }

    private mutating func take(payload: [UInt8]) throws {
        message.payload = payload
        payloads += 1
    }
}

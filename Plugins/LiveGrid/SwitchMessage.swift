public import PluginAPI

/// The position of a switch as its device reports it on `switches/<mRID>`.
///
/// The payload is an object `{"position": "open", "timestamp": …, "quality": …}`, of which only the position is needed, or the position
/// alone: `open`, `closed`, `intermediate`, `faulty`, or the double point of IEC 60870-5-101 (7.2.6.2): 0 intermediate, 1 open, 2 closed,
/// 3 faulty.
public struct SwitchMessage: Hashable, Sendable {
    public enum Position: String, Hashable, Sendable, CaseIterable {
        case open, closed
        /// Between both: it moves, or its contacts do not say.
        case intermediate
        case faulty
    }

    public var position: Position
    /// When it took the position; nil if the message does not say.
    public var time: Timestamp?
    public var quality: Quality

    public init(_ position: Position, time: Timestamp? = nil, quality: Quality = .good) {
        self.position = position
        self.time = time
        self.quality = quality
    }

    /// Whether a person or a device says that the position is not to be relied on.
    public var isDoubtful: Bool { position == .intermediate || position == .faulty || quality.contains(.invalid) }

    /// Reads a payload.
    /// - Throws: ``Status/invalidArgument`` with what was expected.
    public init(_ payload: UnsafeRawBufferPointer) throws(ServiceError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(payload)
        } catch {
            // A bare word is no JSON.
            guard let position = Position(rawValue: String(decoding: payload, as: UTF8.self)) else { throw Self.refusal(payload) }
            self.init(position)
            return
        }
        guard let position = Self.position(value["position"] ?? value) else { throw Self.refusal(payload) }
        self.init(position)
        if let text = value["timestamp"]?.text {
            time = Array(text.utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: 0) }
        } else if let nanoseconds = value["timestamp"]?.integer {
            time = Timestamp(nanoseconds: nanoseconds)
        }
        if let bits = value["quality"]?.integer { quality = Quality(rawValue: UInt32(clamping: bits)) }
        if let name = value["quality"]?.text { quality = Quality(named: name) ?? .invalid }
    }

    private static func position(_ value: JSONValue) -> Position? {
        if let text = value.text { return Position(rawValue: text) }
        switch value.integer {
        case 0: return .intermediate
        case 1: return .open
        case 2: return .closed
        case 3: return .faulty
        default: return nil
        }
    }

    private static func refusal(_ payload: UnsafeRawBufferPointer) -> ServiceError {
        let got = String(decoding: payload.prefix(80), as: UTF8.self)
        return .invalidArgument("a switch position is one of open, closed, intermediate, faulty, alone or as 'position', got '\(got)'")
    }

    /// The message as the platform's own services publish it.
    public var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("position", position.rawValue)
        if let time { json.member("timestamp", time.description) }
        if quality != .good { json.member("quality", Int(quality.rawValue)) }
        json.endObject()
        return json
    }
}

public import PluginAPI

/// The position of a tap changer as its device reports it on `taps/<mRID>`.
///
/// The payload is an object `{"position": 3, "timestamp": …, "quality": …}`, of which only the position is needed, or the position alone:
/// the step, counted as the grid model counts (CIM: `TapChanger.step`), between `lowStep` and `highStep`.
public struct TapMessage: Hashable, Sendable {
    public var position: Double
    /// When it took the position; nil if the message does not say.
    public var time: Timestamp?
    public var quality: Quality

    public init(_ position: Double, time: Timestamp? = nil, quality: Quality = .good) {
        self.position = position
        self.time = time
        self.quality = quality
    }

    /// Reads a payload.
    /// - Throws: ``Status/invalidArgument`` with what was expected.
    public init(_ payload: UnsafeRawBufferPointer) throws(ServiceError) {
        var read: JSONValue?
        do throws(JSONError) { read = try JSONValue(payload) } catch {}
        guard let value = read, let position = (value["position"] ?? value).number, position.isFinite else { throw Self.refusal(payload) }
        self.init(position)
        if let text = value["timestamp"]?.text {
            time = Array(text.utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: 0) }
        } else if let nanoseconds = value["timestamp"]?.integer {
            time = Timestamp(nanoseconds: nanoseconds)
        }
        if let bits = value["quality"]?.integer { quality = Quality(rawValue: UInt32(clamping: bits)) }
        if let name = value["quality"]?.text { quality = Quality(named: name) ?? .invalid }
    }

    private static func refusal(_ payload: UnsafeRawBufferPointer) -> ServiceError {
        let got = String(decoding: payload.prefix(80), as: UTF8.self)
        return .invalidArgument("a tap position is a number, alone or as 'position', got '\(got)'")
    }

    /// The message as the platform's own services publish it.
    public var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        if position == position.rounded(), abs(position) < 1e6 { json.member("position", Int(position)) } else { json.member("position", position) }
        if let time { json.member("timestamp", time.description) }
        if quality != .good { json.member("quality", Int(quality.rawValue)) }
        json.endObject()
        return json
    }
}

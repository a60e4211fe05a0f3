internal import CPluginAPI

/// The topic of the last message that an instance was given, for incidents: a few bytes copied for a batch, a text only when asked for.
final class LastTopic {
    // The service's thread's alone.
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: LastTopic.limit, alignment: 8)
    private var count = 0
    /// The longest topic of the databus.
    private static let limit = 4_096

    deinit { bytes.deallocate() }

    func note(_ message: dsotp_message) {
        count = min(Int(message.topic.count), Self.limit)
        if let source = message.topic.data { bytes.copyMemory(from: source, byteCount: count) }
    }

    /// Empty before the first message.
    var text: String { String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self) }
}

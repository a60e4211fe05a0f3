internal import CPluginAPI

/// `poison/<topic>`: where the host puts a message that a service can't process, as it was published.
enum PoisonTopic {
    private static let prefix = Array("poison/".utf8)
    /// What the databus takes.
    private static let longestTopic = 4_096

    /// Publishes the message; false if the databus can't take it now.
    static func publish(_ message: dsotp_message, of context: ServiceContext) -> Bool {
        var topic = prefix
        topic.append(contentsOf: UnsafeRawBufferPointer(start: message.topic.data, count: Int(message.topic.count)))
        if topic.count > longestTopic || topic.count(where: { $0 == UInt8(ascii: "/") }) >= 128 { topic = Array("poison".utf8) }
        let payload = UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count))
        return topic.withUnsafeBytes { topic in
            let outgoing = OutgoingMessage(topic: topic, payload: payload, qos: 1, isRetained: false)
            return withUnsafePointer(to: outgoing) { pointer in
                context.bridges.databus.publish(
                    service: context.manifest.service, messages: UnsafeBufferPointer(start: pointer, count: 1)) == 1
            }
        }
    }
}

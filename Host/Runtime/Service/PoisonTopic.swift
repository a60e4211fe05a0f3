internal import CPluginAPI

/// `poison/<topic>`: where the host puts what a service can't process.
enum PoisonTopic {
    private static let prefix = Array("poison/".utf8)
    /// What the databus takes.
    private static let longestTopic = 4_096
    private static let mostSeparators = 127

    /// A message on its way there that the databus had no room for yet.
    struct Letter: Sendable {
        /// Where it came from.
        let topic: [UInt8]
        let payload: [UInt8]
        /// The acknowledgement that it owes once it is there.
        let token: UInt64

        init(_ message: dsotp_message, token: UInt64) {
            topic = Array(UnsafeRawBufferPointer(start: message.topic.data, count: Int(message.topic.count)))
            payload = Array(UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count)))
            self.token = token
        }
    }

    /// Where what came on `topic` goes: `poison` alone if the databus takes no topic as long or as deep as that with its prefix.
    static func topic(for topic: UnsafeRawBufferPointer) -> [UInt8] {
        let whole = prefix + topic
        let isTaken = whole.count <= longestTopic && whole.count(where: { $0 == UInt8(ascii: "/") }) <= mostSeparators
        return isTaken ? whole : Array("poison".utf8)
    }

    /// Publishes what came on `topic`; false if the databus can't take it now.
    static func publish(_ payload: UnsafeRawBufferPointer, from topic: UnsafeRawBufferPointer, of context: ServiceContext) -> Bool {
        self.topic(for: topic).withUnsafeBytes { topic in
            let outgoing = OutgoingMessage(topic: topic, payload: payload, qos: 1, isRetained: false)
            return withUnsafePointer(to: outgoing) { pointer in
                context.bridges.databus.publish(
                    service: context.manifest.service, messages: UnsafeBufferPointer(start: pointer, count: 1)) == 1
            }
        }
    }

    static func publish(_ letter: Letter, of context: ServiceContext) -> Bool {
        letter.topic.withUnsafeBytes { topic in letter.payload.withUnsafeBytes { publish($0, from: topic, of: context) } }
    }
}

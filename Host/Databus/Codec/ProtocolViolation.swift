/// A packet that breaks MQTT 3.1.1 or a limit of this broker. The connection that sent it is closed.
public struct ProtocolViolation: Error, CustomStringConvertible, Equatable, Sendable {
    /// A sentence: what was found, what the standard or the limit says.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// MQTT 3.1.1 section 2.2: type 0 and 15 are forbidden, the flags of each other type are fixed.
    static func fixedHeader(_ byte: UInt8) -> Self {
        Self("fixed header 0x\(String(byte, radix: 16)) has a reserved packet type or wrong flags (MQTT 3.1.1, 2.2)")
    }
    /// MQTT 3.1.1 section 2.2.3: at most four bytes.
    static let remainingLength = Self("the remaining length is longer than four bytes (MQTT 3.1.1, 2.2.3)")
    static func packetTooLarge(bytes: Int, limit: Int) -> Self {
        Self("a packet of \(bytes) bytes exceeds the limit of \(limit) bytes; raise the databus's maximum_packet to accept it")
    }
    static func truncated(_ field: String) -> Self { Self("the packet ends inside \(field)") }
    static func trailingBytes(_ count: Int) -> Self { Self("\(count) bytes follow the last field of the packet") }
    static func invalidString(_ field: String) -> Self {
        Self("\(field) is not well-formed UTF-8 without U+0000 (MQTT 3.1.1, 1.5.3)")
    }
    static func invalidTopic(_ fault: TopicFault) -> Self { Self("the topic name \(fault.description)") }
    static func invalidFilter(_ fault: TopicFault) -> Self { Self("a topic filter \(fault.description)") }
    static let protocolName = Self("the protocol name is not MQTT (MQTT 3.1.1, 3.1.2.1)")
    static let connectFlags = Self("the CONNECT flags contradict each other (MQTT 3.1.1, 3.1.2.3)")
    static let qualityOfService = Self("QoS 3 does not exist (MQTT 3.1.1, 4.3)")
    static let duplicateFlag = Self("DUP is set on a QoS 0 message (MQTT 3.1.1, 3.3.1.1)")
    static let packetIdentifier = Self("the packet identifier is 0 (MQTT 3.1.1, 2.3.1)")
    static let noFilters = Self("SUBSCRIBE or UNSUBSCRIBE without a topic filter (MQTT 3.1.1, 3.8.3)")
    static let length = Self("the packet has another length than its type demands")
    static func unexpected(_ type: PacketType) -> Self {
        Self("\(type) is not a packet that this side may send now (MQTT 3.1.1, 3.1 and 2.2.1)")
    }
}

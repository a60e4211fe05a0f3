/// A message that the broker publishes for a client that vanishes (MQTT 3.1.1, section 3.1.2.5).
public struct Will: Equatable, Sendable {
    /// A topic name without wildcards.
    public var topic: String
    /// At most 65,535 bytes.
    public var payload: [UInt8]
    /// 0, 1 or 2.
    public var qos: UInt8
    /// Whether the broker keeps it as the topic's retained message.
    public var retain: Bool

    /// A will with its topic, payload, QoS and retain flag.
    public init(topic: String, payload: [UInt8], qos: UInt8 = 0, retain: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
    }
}

/// What CONNACK answers (MQTT 3.1.1, table 3.1).
public enum ConnectReturnCode: UInt8, Sendable {
    case accepted = 0
    case unacceptableProtocolVersion
    case identifierRejected
    case serverUnavailable
    case badUserNameOrPassword
    case notAuthorized
}

/// A CONNECT (MQTT 3.1.1, section 3.1).
struct ConnectPacket: Equatable {
    static let protocolLevel: UInt8 = 4

    /// What the client speaks; with anything but 4 the other fields are empty, as nothing after it can be understood.
    var level = protocolLevel
    var clientIdentifier = ""
    var cleanSession = true
    /// Seconds, 0 for none.
    var keepAliveSeconds: UInt16 = 0
    var will: Will?
    var user: String?
    var password: [UInt8]?

    init() {}

    init(body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        var reader = PacketReader(body)
        guard try reader.bytes("the protocol name").elementsEqual("MQTT".utf8) else { throw .protocolName }
        level = try reader.byte("the protocol level")
        guard level == Self.protocolLevel else { return }
        let flags = try reader.byte("the connect flags")
        let (hasUser, hasPassword, hasWill) = (flags & 0x80 != 0, flags & 0x40 != 0, flags & 0x04 != 0)
        let willQoS = flags >> 3 & 0b11
        let willRetain = flags & 0x20 != 0
        guard flags & 1 == 0, hasUser || !hasPassword, willQoS != 3, hasWill || (willQoS == 0 && !willRetain) else {
            throw .connectFlags
        }
        cleanSession = flags & 0x02 != 0
        keepAliveSeconds = try reader.uint16("the keep-alive")
        clientIdentifier = try reader.string("the client identifier")
        if hasWill {
            let topic = try reader.text("the will topic")
            if let fault = TopicRules().fault(inName: topic) { throw .invalidTopic(fault) }
            let payload = try reader.bytes("the will message")
            will = Will(
                topic: String(decoding: topic, as: UTF8.self), payload: Array(payload), qos: willQoS, retain: willRetain
            )
        }
        if hasUser { user = try reader.string("the user name") }
        if hasPassword { password = Array(try reader.bytes("the password")) }
        try reader.end()
    }

    /// The connect flags byte (section 3.1.2.3).
    var flags: UInt8 {
        var flags: UInt8 = cleanSession ? 0x02 : 0
        if let will { flags |= 0x04 | will.qos << 3 | (will.retain ? 0x20 : 0) }
        if user != nil { flags |= 0x80 }
        if password != nil { flags |= 0x40 }
        return flags
    }
}

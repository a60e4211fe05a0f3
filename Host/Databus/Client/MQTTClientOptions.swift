/// How a client connects.
public struct MQTTClientOptions: Sendable {
    /// Name or address of the broker.
    public var host: String
    /// TCP port.
    public var port: Int
    /// MQTT client identifier; empty lets the broker make one up, which needs a clean session.
    public var clientIdentifier: String
    /// User name, nil for none.
    public var user: String?
    /// Password, nil for none; MQTT 3.1.1 allows one only together with a user.
    public var password: String?
    /// Whether the broker forgets the session when the connection ends.
    public var cleanSession = true
    /// Seconds after which the broker may assume that a silent client is gone; the client pings in time. 0 for none.
    public var keepAliveSeconds: UInt16 = 60
    /// Published by the broker when the connection ends without `disconnect`.
    public var will: Will?
    /// QoS 1 publications sent and not acknowledged; further ones wait. Default 1,024.
    public var maximumInFlight = 1_024
    /// Seconds to connect and to be answered by CONNACK. Default 10.
    public var connectTimeoutSeconds = 10.0
    /// How the broker is made sure of; nil for plain TCP.
    public var tls: MQTTTLS?
    /// Bytes of the largest packet accepted from the broker. Default 256 MiB, what MQTT can express.
    public var maximumPacketBytes = 256 << 20

    /// Options for one broker.
    public init(
        host: String = "127.0.0.1", port: Int = 1883, clientIdentifier: String = "", user: String? = nil,
        password: String? = nil
    ) {
        self.host = host
        self.port = port
        self.clientIdentifier = clientIdentifier
        self.user = user
        self.password = password
    }

    var connectPacket: ConnectPacket {
        var packet = ConnectPacket()
        packet.clientIdentifier = clientIdentifier
        packet.cleanSession = cleanSession
        packet.keepAliveSeconds = keepAliveSeconds
        packet.will = will
        packet.user = user
        packet.password = password.map { Array($0.utf8) }
        return packet
    }
}

/// A message that a client received.
public struct MQTTMessage: Sendable, Equatable {
    /// Topic name.
    public let topic: String
    /// Application message.
    public let payload: [UInt8]
    /// QoS of the delivery.
    public let qos: UInt8
    /// It was retained before the subscription.
    public let retained: Bool
    /// It may have been delivered before.
    public let duplicate: Bool

    init(_ packet: PublishPacket) {
        topic = String(decoding: packet.topic, as: UTF8.self)
        payload = Array(packet.payload)
        qos = packet.qos
        retained = packet.retain
        duplicate = packet.duplicate
    }
}

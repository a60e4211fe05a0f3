/// A SUBSCRIBE, seen in place (MQTT 3.1.1, section 3.8).
struct SubscribePacket {
    let packetIdentifier: UInt16
    /// In the order of the packet; text and wildcards are judged by whoever subscribes.
    let filters: [(filter: UnsafeRawBufferPointer, qos: UInt8)]

    init(body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        var reader = PacketReader(body)
        packetIdentifier = try reader.packetIdentifier()
        var filters: [(filter: UnsafeRawBufferPointer, qos: UInt8)] = []
        while reader.remaining > 0 {
            let filter = try reader.bytes("a topic filter")
            let qos = try reader.byte("a requested QoS")
            guard qos <= 2 else { throw .qualityOfService }
            filters.append((filter, qos))
        }
        guard !filters.isEmpty else { throw .noFilters }
        self.filters = filters
    }
}

/// An UNSUBSCRIBE, seen in place (MQTT 3.1.1, section 3.10).
struct UnsubscribePacket {
    let packetIdentifier: UInt16
    let filters: [UnsafeRawBufferPointer]

    init(body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        var reader = PacketReader(body)
        packetIdentifier = try reader.packetIdentifier()
        var filters: [UnsafeRawBufferPointer] = []
        while reader.remaining > 0 { filters.append(try reader.bytes("a topic filter")) }
        guard !filters.isEmpty else { throw .noFilters }
        self.filters = filters
    }
}

/// A SUBACK (MQTT 3.1.1, section 3.9).
struct SubackPacket: Equatable {
    let packetIdentifier: UInt16
    /// The granted QoS per filter, 0x80 where the broker refused.
    let returnCodes: [UInt8]

    init(body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        var reader = PacketReader(body)
        packetIdentifier = try reader.packetIdentifier()
        returnCodes = Array(reader.rest())
        guard !returnCodes.isEmpty else { throw .length }
    }
}

/// A CONNACK (MQTT 3.1.1, section 3.2).
struct ConnackPacket: Equatable {
    let sessionPresent: Bool
    let code: ConnectReturnCode

    init(body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        guard body.count == 2, body[0] <= 1, let code = ConnectReturnCode(rawValue: body[1]) else { throw .length }
        sessionPresent = body[0] == 1
        self.code = code
    }
}

/// Reads a packet that holds a packet identifier and nothing else.
@inline(__always)
func acknowledgedIdentifier(_ body: UnsafeRawBufferPointer) throws(ProtocolViolation) -> UInt16 {
    guard body.count == 2 else { throw .length }
    let identifier = UInt16(body[0]) << 8 | UInt16(body[1])
    guard identifier != 0 else { throw .packetIdentifier }
    return identifier
}

import NIOCore

extension ByteBuffer {
    /// PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK: nothing but a packet identifier (MQTT 3.1.1, 3.4 to 3.7, 3.11).
    @inline(__always)
    mutating func writeAcknowledgement(_ type: PacketType, packetIdentifier: UInt16) {
        let first = UInt32(type.rawValue << 4 | (type.fixedFlags ?? 0))
        writeInteger(first << 24 | 2 << 16 | UInt32(packetIdentifier))
    }

    /// CONNACK (MQTT 3.1.1, section 3.2).
    mutating func writeConnack(sessionPresent: Bool, code: ConnectReturnCode) {
        writeBytes([PacketType.connack.rawValue << 4, 2, sessionPresent ? 1 : 0, code.rawValue])
    }

    /// SUBACK with one return code per filter: the granted QoS or 0x80 (MQTT 3.1.1, section 3.9).
    mutating func writeSuback(packetIdentifier: UInt16, returnCodes: [UInt8]) {
        writeFixedHeader(.suback, remainingLength: 2 + returnCodes.count)
        writeInteger(packetIdentifier)
        writeBytes(returnCodes)
    }

    /// SUBSCRIBE (MQTT 3.1.1, section 3.8).
    mutating func writeSubscribe(packetIdentifier: UInt16, filters: [(filter: String, qos: UInt8)]) {
        writeFixedHeader(.subscribe, remainingLength: filters.reduce(2) { $0 + 3 + $1.filter.utf8.count })
        writeInteger(packetIdentifier)
        for (filter, qos) in filters {
            writeText(filter)
            writeInteger(qos)
        }
    }

    /// UNSUBSCRIBE (MQTT 3.1.1, section 3.10).
    mutating func writeUnsubscribe(packetIdentifier: UInt16, filters: [String]) {
        writeFixedHeader(.unsubscribe, remainingLength: filters.reduce(2) { $0 + 2 + $1.utf8.count })
        writeInteger(packetIdentifier)
        for filter in filters { writeText(filter) }
    }

    /// CONNECT (MQTT 3.1.1, section 3.1).
    mutating func writeConnect(_ packet: ConnectPacket) {
        var body = ByteBuffer()
        body.writeText("MQTT")
        body.writeInteger(ConnectPacket.protocolLevel)
        body.writeInteger(packet.flags)
        body.writeInteger(packet.keepAliveSeconds)
        body.writeText(packet.clientIdentifier)
        if let will = packet.will {
            body.writeText(will.topic)
            body.writeInteger(UInt16(will.payload.count))
            body.writeBytes(will.payload)
        }
        if let user = packet.user { body.writeText(user) }
        if let password = packet.password {
            body.writeInteger(UInt16(password.count))
            body.writeBytes(password)
        }
        writeFixedHeader(.connect, remainingLength: body.readableBytes)
        writeBuffer(&body)
    }

    /// PINGREQ, PINGRESP or DISCONNECT: a fixed header alone.
    mutating func writeEmptyPacket(_ type: PacketType) {
        writeInteger(UInt16(type.rawValue) << 12)
    }

    mutating func writeFixedHeader(_ type: PacketType, remainingLength: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 5) {
            Self.storeFixedHeader(
                $0, first: type.rawValue << 4 | (type.fixedFlags ?? 0), remainingLength: remainingLength)
        }
    }

    /// UTF-8 behind its two-byte length; callers have checked that it is at most 65,535 bytes.
    private mutating func writeText(_ text: String) {
        writeInteger(UInt16(text.utf8.count))
        writeString(text)
    }
}

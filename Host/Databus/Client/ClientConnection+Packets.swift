import NIOCore

extension ClientConnection {
    /// Handles one packet from the broker.
    func handle(_ header: FixedHeader, body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        switch header.type {
        case .connack: connected(try ConnackPacket(body: body))
        case .publish: receive(try PublishPacket(flags: header.flags, body: body))
        case .puback: _ = inFlight.complete(try acknowledgedIdentifier(body), expected: .awaitingPuback)
        case .pubrel:
            let identifier = try acknowledgedIdentifier(body)
            received.remove(identifier)
            output.writeAcknowledgement(.pubcomp, packetIdentifier: identifier)
        case .suback:
            let packet = try SubackPacket(body: body)
            answers.removeValue(forKey: packet.packetIdentifier)?.succeed(packet.returnCodes)
        case .unsuback: answers.removeValue(forKey: try acknowledgedIdentifier(body))?.succeed([])
        case .pingresp: ponged()
        case .connect, .pubrec, .pubcomp, .subscribe, .unsubscribe, .pingreq, .disconnect:
            throw .unexpected(header.type)
        }
    }

    private func receive(_ packet: PublishPacket) {
        switch packet.qos {
        case 0: onMessage(MQTTMessage(packet))
        case 1:
            onMessage(MQTTMessage(packet))
            output.writeAcknowledgement(.puback, packetIdentifier: packet.packetIdentifier)
        default:
            if received.insert(packet.packetIdentifier).inserted { onMessage(MQTTMessage(packet)) }
            output.writeAcknowledgement(.pubrec, packetIdentifier: packet.packetIdentifier)
        }
    }
}

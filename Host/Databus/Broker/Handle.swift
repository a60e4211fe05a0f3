extension Connection {
    /// Handles one packet.
    /// - Returns: false when it stays where it is, to be handled again once the connection is no longer held.
    @inline(__always)
    func handle(_ header: FixedHeader, body: UnsafeRawBufferPointer) throws(ProtocolViolation) -> Bool {
        if header.type == .publish, state == .connected {
            return handlePublish(try PublishPacket(flags: header.flags, body: body))
        }
        try handleControl(header, body: body)
        return true
    }

    @inline(never)
    private func handleControl(_ header: FixedHeader, body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        guard (header.type == .connect) == (state == .awaitingConnect) else { throw .unexpected(header.type) }
        switch header.type {
        case .connect: handleConnect(try ConnectPacket(body: body))
        case .puback: handlePuback(try acknowledgedIdentifier(body))
        case .pubrec: handlePubrec(try acknowledgedIdentifier(body))
        case .pubrel: handlePubrel(try acknowledgedIdentifier(body))
        case .pubcomp: handlePubcomp(try acknowledgedIdentifier(body))
        case .subscribe: try handleSubscribe(try SubscribePacket(body: body))
        case .unsubscribe: try handleUnsubscribe(try UnsubscribePacket(body: body))
        case .pingreq: try handlePing(body)
        case .disconnect: try handleDisconnect(body)
        case .publish, .connack, .suback, .unsuback, .pingresp: throw .unexpected(header.type)
        }
    }
}

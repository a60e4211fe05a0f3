extension Connection {
    /// PUBACK (MQTT 3.1.1, section 3.4): a QoS 1 message has arrived. An unknown identifier is ignored.
    func handlePuback(_ packetIdentifier: UInt16) {
        guard let session else { return }
        if session.queue.complete(packetIdentifier, expected: .awaitingPuback) { progressed(session) }
    }

    /// PUBREC (section 3.5): a QoS 2 message has arrived; release it. Also an unknown identifier is released, or its
    /// sender would ask for ever.
    func handlePubrec(_ packetIdentifier: UInt16) {
        guard let session else { return }
        _ = session.queue.received(packetIdentifier)
        sendAcknowledgement(.pubrel, packetIdentifier: packetIdentifier)
    }

    /// PUBREL (section 3.6): the client has released a QoS 2 message; its identifier is free again.
    func handlePubrel(_ packetIdentifier: UInt16) {
        session?.receivedIdentifiers.remove(packetIdentifier)
        sendAcknowledgement(.pubcomp, packetIdentifier: packetIdentifier)
    }

    /// PUBCOMP (section 3.7): a QoS 2 message is done.
    func handlePubcomp(_ packetIdentifier: UInt16) {
        guard let session else { return }
        if session.queue.complete(packetIdentifier, expected: .awaitingPubcomp) { progressed(session) }
    }

    @inline(__always)
    private func progressed(_ session: Session) {
        if session.queue.hasUnsent || !session.waiting.isEmpty { session.pump() }
    }
}

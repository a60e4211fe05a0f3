extension LinkConnection {
    /// Handles one packet from the external broker.
    /// - Returns: false when it stays where it is, to be handled again once the connection is no longer held.
    @inline(__always)
    func handle(_ header: FixedHeader, body: UnsafeRawBufferPointer) throws(ProtocolViolation) -> Bool {
        if header.type == .publish, isAccepted {
            return try link.topics.withIncoming(try PublishPacket(flags: header.flags, body: body)) { packet throws(ProtocolViolation) in
                try handlePublish(packet)
            }
        }
        try handleControl(header, body: body)
        return true
    }

    @inline(never)
    private func handleControl(_ header: FixedHeader, body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        guard (header.type == .connack) == !isAccepted else { throw .unexpected(header.type) }
        switch header.type {
        case .connack: link.answered(self, try ConnackPacket(body: body))
        case .puback: link.acknowledged(try acknowledgedIdentifier(body))
        case .suback: link.subscriptionsAnswered(try SubackPacket(body: body))
        case .unsuback, .pingresp: break
        case .publish, .connect, .pubrec, .pubrel, .pubcomp, .subscribe, .unsubscribe, .pingreq, .disconnect:
            throw .unexpected(header.type)
        }
    }

    /// A publication for local subscribers. QoS 1 is acknowledged when all of them have taken it, or stored it where they say so.
    @inline(__always)
    private func handlePublish(_ packet: PublishPacket) throws(ProtocolViolation) -> Bool {
        guard packet.qos < 2 else { throw .qualityOfService }
        guard link.isHeld else {
            link.lost(self, .notHeld)
            return true
        }
        // What arrives now stays with the broker, unacknowledged, until this host is back or another takes it.
        if core.isQuiescing || link.isFinishing {
            parked = nil
            return true
        }
        let route: Route
        do throws(TopicFault) {
            route = try core.route(for: packet.topic)
        } catch {
            link.refused(packet, error)
            acknowledge(packet)
            return true
        }
        if parked == nil {
            core.traffic.received &+= 1
            link.received &+= 1
        }
        if parked == nil, packet.retain || link.mayBeRetained(route), !link.mirrorRetained(packet, route) {
            acknowledge(packet)
            return true
        }
        isDeliveringRetained = packet.retain
        defer { isDeliveringRetained = false }
        switch core.route(packet, along: route, from: self) {
        case .routed:
            acknowledge(packet)
            return true
        case .parked: return false
        case .refused:
            core.wait(self, forRoomAlong: route)
            return false
        }
    }

    @inline(__always)
    private func acknowledge(_ packet: PublishPacket) {
        if packet.qos == 0 { return }
        if acknowledgements.isEmpty {
            output.writeAcknowledgement(.puback, packetIdentifier: packet.packetIdentifier)
            return
        }
        if acknowledgements.isOpen { acknowledgements.close() } else { acknowledgements.append(packet.packetIdentifier, isExactlyOnce: false) }
        if acknowledgements.count >= Connection.maximumOpenAcknowledgements { hold(.acknowledgements) }
        sendReadyAcknowledgements()
    }
}

extension LinkConnection: Acknowledger {
    func acknowledged(_ token: LocalAcknowledgement) { acknowledgements.acknowledge(UInt32(truncatingIfNeeded: token)) }

    func sendReadyAcknowledgements() {
        // Another host gets again what this one has not answered while the session was its own.
        guard link.isHeld else { return link.lost(self, .notHeld) }
        while let (packetIdentifier, _) = acknowledgements.popReady() {
            output.writeAcknowledgement(.puback, packetIdentifier: packetIdentifier)
        }
        if acknowledgements.count < Connection.maximumOpenAcknowledgements / 2 { release(.acknowledgements) }
        flushLater()
        if acknowledgements.isEmpty { link.nothingIsOwed() }
    }
}

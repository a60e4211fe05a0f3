import Logging

extension Connection {
    /// PUBLISH (MQTT 3.1.1, section 3.3).
    /// - Returns: false when a local subscriber has no room and the packet must be handled again.
    @inline(__always)
    func handlePublish(_ packet: PublishPacket) -> Bool {
        let route: Route
        do throws(TopicFault) {
            route = try core.route(for: packet.topic)
        } catch {
            close(.violation(.invalidTopic(error)))
            return true
        }
        if parked == nil {
            core.traffic.received &+= 1
            if packet.qos == 2, isRepetition(packet.packetIdentifier) { return true }
        }
        guard mayPublish(to: route) else {
            parked = nil
            acknowledge(packet)
            return true
        }
        switch core.route(packet, along: route, from: self) {
        case .routed: acknowledge(packet)
        case .parked: return false
        case .refused(let session): close(.offlineQueueFull(session: session))
        }
        return true
    }

    /// Whether a QoS 2 message has been routed already and not released; then it is only answered, or will be once it
    /// is stored.
    private func isRepetition(_ packetIdentifier: UInt16) -> Bool {
        if pendingReceipts.contains(packetIdentifier) { return true }
        guard let session, session.receivedIdentifiers.contains(packetIdentifier) else { return false }
        sendAcknowledgement(.pubrec, packetIdentifier: packetIdentifier)
        return true
    }

    /// MQTT 3.1.1 has no negative acknowledgement; what a client may not publish is acknowledged, discarded, counted
    /// and logged (section 3.3.5).
    @inline(__always)
    private func mayPublish(to route: Route) -> Bool {
        let allowed = permissions.answer(for: route, epoch: core.rightsEpoch) ?? askAuthority(route)
        if !allowed { core.traffic.refused &+= 1 }
        return allowed
    }

    @inline(never)
    private func askAuthority(_ route: Route) -> Bool {
        let topic = String(decoding: route.topic, as: UTF8.self)
        let allowed =
            !route.isReserved
            && core.authority.mayPublish(user: user, clientIdentifier: clientIdentifier, topic: topic)
        permissions.keep(allowed, for: route, epoch: core.rightsEpoch)
        if !allowed {
            core.logger.notice("client '\(clientIdentifier)' (user \(user ?? "none")) may not publish to '\(topic)'")
        }
        return allowed
    }

    @inline(__always)
    private func acknowledge(_ packet: PublishPacket) {
        if packet.qos == 0 { return }
        if acknowledgements.isEmpty {
            sendAcknowledgement(packet.packetIdentifier, isExactlyOnce: packet.qos == 2)
        } else {
            acknowledgeInLine(packet.packetIdentifier, isExactlyOnce: packet.qos == 2)
        }
    }

    @inline(__always)
    private func acknowledgeInLine(_ packetIdentifier: UInt16, isExactlyOnce: Bool) {
        if isExactlyOnce { pendingReceipts.insert(packetIdentifier) }
        if acknowledgements.isOpen {
            acknowledgements.close()
        } else {
            acknowledgements.append(packetIdentifier, isExactlyOnce: isExactlyOnce)
        }
        if acknowledgements.count >= Self.maximumOpenAcknowledgements { hold(.acknowledgements) }
        sendReadyAcknowledgements()
    }

    /// A QoS 2 identifier is remembered from its PUBREC on: what was not stored must be taken again when it is sent
    /// again.
    @inline(__always)
    private func sendAcknowledgement(_ packetIdentifier: UInt16, isExactlyOnce: Bool) {
        if isExactlyOnce { session?.receivedIdentifiers.insert(packetIdentifier) }
        sendAcknowledgement(isExactlyOnce ? .pubrec : .puback, packetIdentifier: packetIdentifier)
    }

    /// Sends the PUBACKs and PUBRECs that no longer wait for a local subscriber.
    func sendReadyAcknowledgements() {
        while let (packetIdentifier, isExactlyOnce) = acknowledgements.popReady() {
            if isExactlyOnce { pendingReceipts.remove(packetIdentifier) }
            sendAcknowledgement(packetIdentifier, isExactlyOnce: isExactlyOnce)
        }
        if acknowledgements.count < Self.maximumOpenAcknowledgements / 2 { release(.acknowledgements) }
    }
}

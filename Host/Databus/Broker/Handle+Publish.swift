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
            if packet.qos == 2, let session, session.receivedIdentifiers.contains(packet.packetIdentifier) {
                sendAcknowledgement(.pubrec, packetIdentifier: packet.packetIdentifier)
                return true
            }
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
        switch packet.qos {
        case 0: break
        case 1: acknowledgeAtLeastOnce(packet.packetIdentifier)
        default:
            session?.receivedIdentifiers.insert(packet.packetIdentifier)
            sendAcknowledgement(.pubrec, packetIdentifier: packet.packetIdentifier)
        }
    }

    @inline(__always)
    private func acknowledgeAtLeastOnce(_ packetIdentifier: UInt16) {
        if acknowledgements.isEmpty {
            sendAcknowledgement(.puback, packetIdentifier: packetIdentifier)
            return
        }
        if acknowledgements.isOpen {
            acknowledgements.close()
        } else {
            acknowledgements.append(packetIdentifier)
        }
        if acknowledgements.count >= Self.maximumOpenAcknowledgements { hold(.acknowledgements) }
        sendReadyAcknowledgements()
    }

    /// Sends the PUBACKs that no longer wait for a local subscriber.
    func sendReadyAcknowledgements() {
        while let packetIdentifier = acknowledgements.popReady() {
            sendAcknowledgement(.puback, packetIdentifier: packetIdentifier)
        }
        if acknowledgements.count < Self.maximumOpenAcknowledgements / 2 { release(.acknowledgements) }
    }
}

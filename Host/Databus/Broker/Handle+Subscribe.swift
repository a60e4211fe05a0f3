import Logging

extension Connection {
    /// SUBSCRIBE (MQTT 3.1.1, section 3.8). A malformed filter closes the connection; one that a right or a limit
    /// forbids is answered with 0x80.
    func handleSubscribe(_ packet: SubscribePacket) throws(ProtocolViolation) {
        guard let session else { return }
        let faults = packet.filters.map { core.options.topicRules.fault(inFilter: $0.filter) }
        for case let fault? in faults where !fault.isLimit { throw .invalidFilter(fault) }
        var returnCodes: [UInt8] = []
        returnCodes.reserveCapacity(packet.filters.count)
        for (entry, fault) in zip(packet.filters, faults) {
            guard fault == nil, maySubscribe(session, filter: entry.filter) else {
                returnCodes.append(0x80)
                continue
            }
            session.subscriptions[Array(entry.filter)] = entry.qos
            core.tree.subscribe(session, filter: entry.filter, qos: entry.qos)
            returnCodes.append(entry.qos)
        }
        send { $0.writeSuback(packetIdentifier: packet.packetIdentifier, returnCodes: returnCodes) }
        for (index, entry) in packet.filters.enumerated() where returnCodes[index] != 0x80 {
            core.retained.forEachMatch(entry.filter) { message in
                session.deliverRetained(message, qos: min(message.header.qos, entry.qos))
            }
        }
        session.pump()
    }

    private func maySubscribe(_ session: Session, filter: UnsafeRawBufferPointer) -> Bool {
        if session.subscriptions.count >= core.options.maximumSubscriptionsPerSession,
            session.subscriptions[Array(filter)] == nil
        {
            core.logger.warning(
                "client '\(clientIdentifier)' has reached its limit of \(session.subscriptions.count) subscriptions")
            return false
        }
        if core.tree.byteCount >= core.options.maximumSubscriptionBytes {
            core.logger.warning(
                "client '\(clientIdentifier)' is refused a subscription: all filters take \(core.tree.byteCount) bytes")
            return false
        }
        if session.queued >= core.options.maximumQueuedMessages {
            core.logger.warning("client '\(clientIdentifier)' subscribes again before it has read what waits for it")
            return false
        }
        let text = String(decoding: filter, as: UTF8.self)
        if core.authority.maySubscribe(user: user, clientIdentifier: clientIdentifier, filter: text) { return true }
        core.traffic.refused &+= 1
        core.logger.notice("client '\(clientIdentifier)' (user \(user ?? "none")) may not subscribe to '\(text)'")
        return false
    }

    /// UNSUBSCRIBE (MQTT 3.1.1, section 3.10).
    func handleUnsubscribe(_ packet: UnsubscribePacket) throws(ProtocolViolation) {
        guard let session else { return }
        for filter in packet.filters {
            let fault = core.options.topicRules.fault(inFilter: filter)
            if let fault, !fault.isLimit { throw .invalidFilter(fault) }
            session.subscriptions[Array(filter)] = nil
            core.tree.unsubscribe(session, filter: filter)
        }
        sendAcknowledgement(.unsuback, packetIdentifier: packet.packetIdentifier)
    }
}

import Logging
import NIOCore

extension BrokerCore {
    var uptimeSeconds: Double { Double((NIODeadline.now() - startedAt).nanoseconds) / 1e9 }

    /// A snapshot of everything worth seeing.
    func statistics() -> BrokerStatistics {
        BrokerStatistics(
            uptimeSeconds: uptimeSeconds, traffic: traffic, connections: connections.count, subscriptions: tree.count,
            retained: retained.count, retainedBytes: retained.byteCount,
            clients: sessions.all.map(describe).sorted { $0.identifier < $1.identifier },
            locals: locals.values.map(describe).sorted { $0.name < $1.name })
    }

    private func describe(_ session: Session) -> BrokerStatistics.Client {
        BrokerStatistics.Client(
            identifier: session.clientIdentifier, user: session.user,
            remoteAddress: session.connection?.remoteAddress, isClean: session.isClean,
            subscriptions: session.subscriptions.count, queued: session.queued, inFlight: session.queue.inFlight,
            dropped: session.dropped)
    }

    private func describe(_ local: LocalSession) -> BrokerStatistics.Local {
        BrokerStatistics.Local(
            name: local.name, isActive: local.subscriber != nil, delivered: local.delivered, dropped: local.dropped,
            queued: local.queued)
    }

    /// Refreshes `$SYS/broker/…`, the topics that MQTT brokers have agreed on by habit, as retained messages.
    func publishSystemTopics() {
        // A local subscriber without room for the last ones needs no newer ones yet.
        guard localSource(0).isIdle else { return }
        let connected = connections.values.count { $0.state == .connected }
        let values: [(topic: String, value: String)] = [
            ("version", options.version),
            ("uptime", "\(Int(uptimeSeconds)) seconds"),
            ("clients/connected", "\(connected)"),
            ("clients/total", "\(sessions.count)"),
            ("subscriptions/count", "\(tree.count)"),
            ("messages/received", "\(traffic.received)"),
            ("messages/sent", "\(traffic.sent)"),
            ("publish/messages/dropped", "\(traffic.dropped)"),
            ("bytes/received", "\(traffic.bytesReceived)"),
            ("bytes/sent", "\(traffic.bytesSent)"),
            ("retained messages/count", "\(retained.count)"),
        ]
        var batch = PublicationBatch()
        do {
            for (topic, value) in values {
                try batch.append(topic: "$SYS/broker/" + topic, payload: value.utf8, retain: true)
            }
            publish(batch)
        } catch {
            logger.warning("$SYS is not published: \(error)")
        }
    }
}

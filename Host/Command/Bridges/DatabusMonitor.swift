internal import Databus
internal import Gateway

/// The databus's clients and counters, for the gateway.
struct DatabusMonitor: DatabusStatistics {
    let broker: Broker

    func databusStatus() async -> DatabusStatus {
        let statistics = await broker.statistics()
        let link = await broker.linkStatus()
        let clients = statistics?.clients ?? []
        return DatabusStatus(
            driver: link == nil ? "embedded" : "mqtt", clients: clients.map { DatabusClientStatus($0) }, connections: statistics?.connections ?? 0,
            retainedMessages: statistics?.retained ?? 0, received: statistics?.traffic.received ?? 0, sent: statistics?.traffic.sent ?? 0,
            dropped: statistics?.traffic.dropped ?? 0, refused: statistics?.traffic.refused ?? 0, link: link.map { DatabusLinkStatus($0) })
    }
}

extension DatabusLinkStatus {
    fileprivate init(_ link: LinkStatus) {
        self.init()
        (isConnected, address, client, problem) = (link.isConnected, link.address, link.clientIdentifier, link.problem)
        (connections, failures, subscriptions) = (link.connections, link.failures, link.subscriptions)
        (inFlight, queued, queuedBytes) = (link.inFlight, link.queued, link.queuedBytes)
        (sent, received, dropped, unacknowledged) = (link.sent, link.received, link.dropped, link.unacknowledged)
        stateSeconds = link.stateSeconds
        sessions = link.sessions.map { session in
            DatabusSessionStatus(
                service: session.subscriber ?? "", client: session.clientIdentifier, isConnected: session.isConnected, stateSeconds: session.stateSeconds,
                problem: session.problem, connections: session.connections, subscriptions: session.subscriptions, received: session.received,
                unacknowledged: session.unacknowledged)
        }
    }
}

extension DatabusClientStatus {
    fileprivate init(_ client: BrokerStatistics.Client) {
        self.init(
            client: client.identifier, user: client.user ?? "", address: client.remoteAddress, isClean: client.isClean,
            subscriptions: client.subscriptions, queued: client.queued, inFlight: client.inFlight, dropped: client.dropped)
    }
}

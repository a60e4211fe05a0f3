internal import Databus
internal import Gateway

/// The databus's clients and counters, for the gateway.
struct DatabusMonitor: DatabusStatistics {
    let broker: Broker

    func databusStatus() async -> DatabusStatus {
        let statistics = await broker.statistics()
        let clients = statistics?.clients ?? []
        return DatabusStatus(
            driver: "embedded", clients: clients.map { DatabusClientStatus($0) }, connections: statistics?.connections ?? 0,
            retainedMessages: statistics?.retained ?? 0, received: statistics?.traffic.received ?? 0, sent: statistics?.traffic.sent ?? 0,
            dropped: statistics?.traffic.dropped ?? 0, refused: statistics?.traffic.refused ?? 0)
    }
}

extension DatabusClientStatus {
    fileprivate init(_ client: BrokerStatistics.Client) {
        self.init(
            client: client.identifier, user: client.user ?? "", address: client.remoteAddress, isClean: client.isClean,
            subscriptions: client.subscriptions, queued: client.queued, inFlight: client.inFlight, dropped: client.dropped)
    }
}

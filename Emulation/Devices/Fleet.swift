import Databus

/// All devices of a site, each with a connection of its own.
final class Fleet: Sendable {
    static let weatherService = "weather-service"
    static let headEnd = "head-end"
    private static let listener = "field"

    let counters = FieldCounters()
    private let connections: [String: DeviceConnection]
    private let assetsOfDevice: [String: [String]]
    /// Sorted.
    let names: [String]

    /// - Parameter onEvent: called for what comes in, on any thread.
    init(
        _ description: SiteDescription, options: MQTTClientOptions, clock: FieldClock, onEvent: @escaping @Sendable (FieldPlayer.Event) -> Void
    ) {
        var assets: [String: [String]] = [:]
        for asset in description.allAssets { assets[Self.gateway(of: asset.id, description), default: []].append(asset.id) }
        var subscriptions: [String: [String]] = [:]
        for (gateway, names) in assets { subscriptions[gateway] = names.map { description.assets.setPoint.replacing("{asset}", with: $0) } }
        var devices = Set(assets.keys)
        devices.formUnion(description.customers.filter { $0.meter == .live }.map { Self.meter(of: $0) })
        devices.formUnion(description.instruments.pmus.map(\.device))
        devices.formUnion(description.instruments.exchanges.map(\.device))
        devices.formUnion(description.instruments.aggregates.map(\.device))
        devices.formUnion(description.plants.filter { $0.periodSeconds != nil }.map(\.device))
        for unit in description.instruments.units {
            devices.insert(unit.device)
            subscriptions[unit.device] = unit.switches.map { "switches/\($0)/command" }
        }
        if description.weather != nil { devices.insert(Self.weatherService) }
        if description.customers.contains(where: { $0.meter == .late }) { devices.insert(Self.headEnd) }
        devices.insert(Self.listener)
        subscriptions[Self.listener] = [FieldClock.topic]
        names = devices.sorted()
        assetsOfDevice = assets
        let setPoints = Dictionary(description.allAssets.map { (description.assets.setPoint.replacing("{asset}", with: $0.id), $0.id) }) { first, _ in first }
        let take: @Sendable (String, [UInt8]) -> Void = { topic, payload in
            if topic == FieldClock.topic {
                clock.take(payload)
            } else if let asset = setPoints[topic] {
                onEvent(.setPoint(asset: asset, payload: payload))
            } else if topic.hasPrefix("switches/"), topic.hasSuffix("/command") {
                onEvent(.switchCommand(mRID: String(topic.dropFirst(9).dropLast(8)), payload: payload))
            }
        }
        let counters = counters
        connections = Dictionary(uniqueKeysWithValues: devices.map { device in
            var options = options
            options.clientIdentifier = "emulated-\(device)"
            return (device, DeviceConnection(name: device, options: options, subscriptions: subscriptions[device] ?? [], counters: counters, onMessage: take))
        })
    }

    /// The device that speaks for an asset: the gateway of the customer's house, or the asset itself.
    static func gateway(of asset: String, _ description: SiteDescription) -> String {
        description.gateways[asset] ?? asset
    }

    static func meter(of customer: SiteDescription.Customer) -> String { "meter-\(customer.at)" }

    func assets(of device: String) -> [String] { assetsOfDevice[device] ?? [] }

    func post(_ device: String, _ topic: String, _ payload: [UInt8], qos: UInt8 = 1, retain: Bool = false) {
        connections[device]?.post(topic, payload, qos: qos, retain: retain)
    }

    func setCut(_ device: String, _ isCut: Bool) { connections[device]?.setCut(isCut) }

    /// Messages that wait in all devices.
    var backlog: Int { connections.values.reduce(0) { $0 + $1.backlog } }

    /// Keeps all connections until the task is cancelled.
    /// - Throws: `DatabusError` where the broker refuses who a device is.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names { if let connection = connections[name] { group.addTask { try await connection.run() } } }
            try await group.waitForAll()
        }
    }
}

internal import Databus

/// Emulated PMUs, each with a connection of its own, publishing frames aligned to whole multiples of their interval.
struct PMUFleet: Sendable {
    let settings: EmulatorSettings
    /// Devices driven by one task.
    private static let devicesPerTask = 64

    /// Publishes until all frames are out or the task is cancelled.
    /// - Returns: the number of frames published.
    /// - Throws: `DatabusError` if the databus can't be reached at first or refuses; later losses are made good by reconnecting.
    func run() async throws -> Int {
        let interval = Duration.nanoseconds(Int64(1e9 / settings.framesPerSecond))
        let start = wallClockNanoseconds() / interval.wholeNanoseconds + 1
        return try await withThrowingTaskGroup(of: Int.self) { group in
            var first = 1
            while first <= settings.devices {
                let numbers = first...min(first + Self.devicesPerTask - 1, settings.devices)
                group.addTask { try await publish(devices: numbers, firstFrame: start, interval: interval) }
                first = numbers.upperBound + 1
            }
            return try await group.reduce(0, +)
        }
    }

    private func publish(devices: ClosedRange<Int>, firstFrame: Int64, interval: Duration) async throws -> Int {
        var frequency = GridFrequency(seed: settings.seed)
        var units: [EmulatedUnit] = []
        for number in devices { units.append(try await EmulatedUnit(number: number, settings: settings)) }
        defer {
            let clients = units.map(\.client)
            Task { for client in clients { await client.disconnect() } }
        }
        let seconds = 1 / settings.framesPerSecond
        let clock = ContinuousClock()
        let origin = clock.now.advanced(by: .nanoseconds(firstFrame * interval.wholeNanoseconds - wallClockNanoseconds()))
        var frame: Int64 = 0
        var published = 0
        while settings.frames.map({ frame < $0 }) ?? true, !Task.isCancelled {
            try? await clock.sleep(until: origin.advanced(by: interval * Double(frame)), tolerance: nil)
            if Task.isCancelled { break }
            frequency.advance(by: seconds)
            let milliseconds = (firstFrame + frame) * interval.wholeNanoseconds / 1_000_000
            for index in units.indices {
                published += try await units[index].publish(
                    milliseconds: milliseconds, frequency: frequency, seconds: seconds, mayReconnect: settings.frames == nil)
            }
            frame += 1
        }
        for unit in units where settings.qos > 0 && unit.client.isConnected { try await unit.client.acknowledged() }
        for unit in units { await unit.client.disconnect() }
        return published
    }
}

/// One emulated device with its connection.
private struct EmulatedUnit {
    private(set) var client: MQTTClient
    private var pmu: EmulatedPMU
    private var batch = PublicationBatch()
    private var bytes: [UInt8] = []
    private let topic: String
    private let options: MQTTClientOptions
    private let qos: UInt8
    private var nextAttempt = ContinuousClock.now
    private var pause = Duration.seconds(1)

    init(number: Int, settings: EmulatorSettings) async throws {
        pmu = EmulatedPMU(number: number, seed: settings.seed)
        topic = settings.topic.split(separator: "{device}", omittingEmptySubsequences: false).joined(separator: pmu.device)
        options = MQTTClientOptions(
            host: settings.host, port: settings.port, clientIdentifier: "emulated-\(pmu.device)", user: settings.user,
            password: settings.password)
        qos = settings.qos
        client = try await MQTTClient.connect(options)
    }

    /// Publishes the frame of this moment; returns 1, or 0 while the connection is down.
    mutating func publish(
        milliseconds: Int64, frequency: GridFrequency, seconds: Double, mayReconnect: Bool
    ) async throws -> Int {
        bytes.removeAll(keepingCapacity: true)
        pmu.appendFrame(to: &bytes, milliseconds: milliseconds, frequency: frequency, seconds: seconds)
        do {
            if !client.isConnected, mayReconnect { try await reconnect() }
            batch.removeAll()
            try batch.append(topic: topic, payload: bytes, qos: qos)
            try await client.publish(batch)
            return 1
        } catch where mayReconnect {
            return 0
        }
    }

    /// Connects anew, with growing pauses between attempts: 1 s … 30 s.
    private mutating func reconnect() async throws {
        guard ContinuousClock.now >= nextAttempt else { return }
        nextAttempt = ContinuousClock.now.advanced(by: pause)
        pause = min(pause * 2, .seconds(30))
        client = try await MQTTClient.connect(options)
        pause = .seconds(1)
    }
}

extension Duration {
    /// The duration in nanoseconds.
    var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

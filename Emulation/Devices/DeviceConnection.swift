import Databus
import Synchronization

/// One device's connection: what it has to say waits in order until the databus has it, over losses of the connection too.
final class DeviceConnection: Sendable {
    /// What waits at most.
    static let longestQueue = 2_000

    let name: String
    private let options: MQTTClientOptions
    private let subscriptions: [String]
    private let counters: FieldCounters
    private let onMessage: @Sendable (String, [UInt8]) -> Void
    private let waiting = Mutex(LetterQueue(longest: DeviceConnection.longestQueue))
    private let cut = Atomic(false)
    private let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(
        name: String, options: MQTTClientOptions, subscriptions: [String], counters: FieldCounters,
        onMessage: @escaping @Sendable (String, [UInt8]) -> Void
    ) {
        self.name = name
        self.options = options
        self.subscriptions = subscriptions
        self.counters = counters
        self.onMessage = onMessage
    }

    func post(_ topic: String, _ payload: [UInt8], qos: UInt8 = 1, retain: Bool = false) {
        let hasRoom = waiting.withLock { $0.append(Letter(topic: topic, payload: payload, qos: qos, retain: retain)) }
        if !hasRoom { counters.dropped.add(1, ordering: .relaxed) }
        wake.yield()
    }

    /// Messages that wait.
    var backlog: Int { waiting.withLock(\.count) }

    /// Cuts the device off the network, or lets it come back.
    func setCut(_ isCut: Bool) {
        guard cut.exchange(isCut, ordering: .relaxed) != isCut else { return }
        wake.yield()
    }

    /// Keeps the connection until the task is cancelled.
    /// - Throws: `DatabusError` where the broker refuses who it is; unreachable brokers are tried again.
    func run() async throws {
        var pause = Duration.milliseconds(500)
        while !Task.isCancelled {
            do {
                try await connected { pause = .milliseconds(500) }
            } catch let error as DatabusError {
                if error.isRefusal { throw error }
                counters.note(loss: error.description)
            }
            if Task.isCancelled || cut.load(ordering: .relaxed) { continue }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(15))
        }
    }

    /// From one connection to its end.
    private func connected(_ established: () -> Void) async throws {
        var signals = wakes.makeAsyncIterator()
        while cut.load(ordering: .relaxed), !Task.isCancelled { _ = await signals.next() }
        guard !Task.isCancelled else { return }
        let client = try await MQTTClient.connect(options) { [onMessage] message in onMessage(message.topic, message.payload) }
        do {
            if !subscriptions.isEmpty { try await client.subscribe(subscriptions.map { ($0, 1) }) }
            established()
            counters.connected.add(1, ordering: .relaxed)
            defer { counters.connected.subtract(1, ordering: .relaxed) }
            // Who has nothing to say notices the loss too: set-points come to those who listen.
            let watch = Task { [wake] in
                await client.closed()
                wake.yield()
            }
            defer { watch.cancel() }
            while client.isConnected, !Task.isCancelled, !cut.load(ordering: .relaxed) {
                try await deliver(client)
                _ = await signals.next()
            }
            await client.disconnect()
        } catch {
            await client.abort()
            throw error
        }
    }

    /// Publishes what waits; it is forgotten when the databus has acknowledged it.
    private func deliver(_ client: MQTTClient) async throws {
        while true {
            let (letters, end) = waiting.withLock { $0.next(200) }
            guard !letters.isEmpty else { return }
            var batch = PublicationBatch()
            for letter in letters { try batch.append(topic: letter.topic, payload: letter.payload, qos: letter.qos, retain: letter.retain) }
            try await client.publish(batch)
            try await client.acknowledged()
            waiting.withLock { $0.remove(before: end) }
            counters.published.add(letters.count, ordering: .relaxed)
        }
    }
}

/// What the fleet counts.
final class FieldCounters: Sendable {
    let published = Atomic(0)
    let dropped = Atomic(0)
    let connected = Atomic(0)
    let setPoints = Atomic(0)
    private let lastLoss = Mutex("")

    func note(loss: String) { lastLoss.withLock { $0 = loss } }

    /// Why a connection was lost last; empty if none was since the last call.
    func takeLoss() -> String {
        lastLoss.withLock { loss in
            defer { loss = "" }
            return loss
        }
    }
}

import Logging
import Synchronization

@testable import Databus

/// Runs `body` with a broker on a free port and shuts it down afterwards.
func withBroker(
    authority: any DatabusAuthority = OpenAuthority(),
    logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
    _ configure: (inout BrokerOptions) -> Void = { _ in }, _ body: (Broker) async throws -> Void
) async throws {
    var options = BrokerOptions()
    options.port = 0
    options.systemTopicsIntervalSeconds = 0
    configure(&options)
    let broker = try await Broker.start(options: options, authority: authority, logger: logger)
    do {
        try await body(broker)
    } catch {
        await broker.shutdown()
        throw error
    }
    await broker.shutdown()
}

/// Messages as they arrive, awaited by count.
final class Inbox: Sendable {
    private struct State {
        var messages: [MQTTMessage] = []
        var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func receive(_ message: MQTTMessage) {
        let ready = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.messages.append(message)
            guard let waiter = state.waiter, state.messages.count >= waiter.count else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        ready?.resume()
    }

    var messages: [MQTTMessage] { state.withLock { $0.messages } }
    var texts: [String] { messages.map { String(decoding: $0.payload, as: UTF8.self) } }

    /// Waits until `count` messages have arrived, at most thirty seconds, and returns all there are.
    @discardableResult
    func waitFor(_ count: Int) async -> [MQTTMessage] {
        let timeout = Task {
            try? await Task.sleep(for: .seconds(30))
            if Task.isCancelled { return }
            let late = self.state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter?.continuation
            }
            late?.resume()
        }
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state -> Bool in
                if state.messages.count >= count { return true }
                state.waiter = (count, continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
        timeout.cancel()
        return messages
    }
}

/// Polls until the condition holds, at most thirty seconds.
func eventually(_ condition: () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return await condition()
}

extension Broker {
    /// A client of this broker with an inbox.
    func client(
        _ identifier: String = "", clean: Bool = true, configure: (inout MQTTClientOptions) -> Void = { _ in }
    ) async throws -> (client: MQTTClient, inbox: Inbox) {
        var options = MQTTClientOptions(port: port, clientIdentifier: identifier)
        options.cleanSession = clean
        configure(&options)
        let inbox = Inbox()
        return (try await MQTTClient.connect(options) { inbox.receive($0) }, inbox)
    }
}

extension MQTTClient {
    func publish(_ topic: String, _ text: String, qos: UInt8 = 0, retain: Bool = false) async throws {
        try await publish(topic: topic, payload: Array(text.utf8), qos: qos, retain: retain)
    }
}

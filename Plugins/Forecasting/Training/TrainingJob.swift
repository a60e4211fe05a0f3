import PluginAPI
import Synchronization

/// A training that was asked for: told over REST while it waits, runs, and afterwards.
/// Sendable: what the workshop's thread changes is behind the mutex.
final class TrainingJob: Sendable {
    enum Phase: String, Sendable {
        case queued, running, succeeded, failed, cancelled
    }

    struct State: Sendable {
        var phase = Phase.queued
        var fraction = 0.0
        var stage = "waiting"
        var startedAt: Int64?
        var endedAt: Int64?
        /// What became of it, for a person.
        var result = ""
    }

    let number: Int
    let series: String
    let reason: String
    let queuedAt: Int64
    private let state = Mutex(State())
    private let isCancelledByUser = Atomic(false)

    init(number: Int, series: String, reason: String, queuedAt: Int64) {
        self.number = number
        self.series = series
        self.reason = reason
        self.queuedAt = queuedAt
    }

    var snapshot: State { state.withLock { $0 } }
    var hasEnded: Bool { ![.queued, .running].contains(snapshot.phase) }
    var isCancelled: Bool { isCancelledByUser.load(ordering: .relaxed) }

    func cancel() { isCancelledByUser.store(true, ordering: .relaxed) }

    func begin(at time: Int64) {
        state.withLock { state in
            state.phase = .running
            state.startedAt = time
        }
    }

    func report(_ fraction: Double, _ stage: String) {
        state.withLock { state in
            state.fraction = fraction
            state.stage = stage
        }
    }

    func end(_ phase: Phase, at time: Int64, _ result: String) {
        state.withLock { state in
            state.phase = phase
            state.endedAt = time
            state.fraction = phase == .succeeded ? 1 : state.fraction
            state.stage = "ended"
            state.result = result
        }
    }

    func write(_ json: inout JSONWriter) {
        let state = snapshot
        json.beginObject()
        json.member("id", number)
        json.member("series", series)
        json.member("reason", reason)
        json.member("state", state.phase.rawValue)
        json.member("progress", state.fraction)
        json.member("stage", state.stage)
        json.member("queued_at", Timestamp(seconds: queuedAt).description)
        if let time = state.startedAt { json.member("started_at", Timestamp(seconds: time).description) }
        if let time = state.endedAt { json.member("ended_at", Timestamp(seconds: time).description) }
        json.member("result", state.result)
        json.endObject()
    }
}

internal import Synchronization

/// Takes what devices report, and keeps what some command waits for.
final class ReportSink: MessageSink {
    struct Report: Sendable {
        let topic: String
        let payload: [UInt8]
    }
    private struct State {
        var awaited: Set<[UInt8]> = []
        var reports: [Report] = []
        var isBlocked = false
        var whenRoom: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())
    private let hasReports = Atomic<Bool>(false)
    let signal = WorkSignal()

    /// Reports that may wait; then the databus keeps them.
    private static let limit = 16_384
    /// The largest report that is looked at.
    private static let largest = 256 << 10

    /// Keep what comes on this topic.
    func await(_ topic: String) { state.withLock { _ = $0.awaited.insert(Array(topic.utf8)) } }

    /// Nobody waits for this topic any more.
    func forget(_ topic: String) { state.withLock { _ = $0.awaited.remove(Array(topic.utf8)) } }

    func whenRoom(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.whenRoom = body } }

    /// How many topics are waited for.
    var awaitedCount: Int { state.withLock { $0.awaited.count } }

    var isEmpty: Bool { !hasReports.load(ordering: .acquiring) }

    func take() -> [Report] {
        guard hasReports.exchange(false, ordering: .acquiringAndReleasing) else { return [] }
        let (reports, whenRoom) = state.withLock { state in
            defer {
                state.reports.removeAll(keepingCapacity: true)
                state.isBlocked = false
            }
            return (state.reports, state.isBlocked ? state.whenRoom : nil)
        }
        whenRoom?()
        return reports
    }

    func deliver(
        subscription: Int, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retained: Bool, duplicate: Bool,
        acknowledgement: UInt64?
    ) -> DeliveryOutcome {
        // A retained report is older than the command.
        guard !retained, payload.count <= Self.largest else { return .accepted }
        return state.withLock { state in
            guard !state.awaited.isEmpty, state.awaited.contains(Array(topic)) else { return .accepted }
            guard state.reports.count < Self.limit else {
                state.isBlocked = true
                return .blocked
            }
            state.reports.append(Report(topic: String(decoding: topic, as: UTF8.self), payload: Array(payload)))
            hasReports.store(true, ordering: .releasing)
            return .accepted
        }
    }

    func deliveriesEnded() { if !isEmpty { signal.wake() } }
}

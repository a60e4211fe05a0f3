internal import Synchronization

/// A value that comes once, from any thread, for one task that waits no longer than it wants to.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value?, Never>)
        case settled(Value?)
    }
    private let state = Mutex(State.empty)

    /// Gives the value; only the first counts.
    func settle(_ value: Value?) {
        let waiting: CheckedContinuation<Value?, Never>? = state.withLock { state in
            switch state {
            case .empty:
                state = .settled(value)
                return nil
            case .waiting(let continuation):
                state = .settled(value)
                return continuation
            case .settled: return nil
            }
        }
        waiting?.resume(returning: value)
    }

    /// The value, or `nil` if it does not come in time.
    func value(timeout: Duration) async -> Value? {
        let timer = Task {
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            settle(nil)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let settled: Value?? = state.withLock { state in
                if case .settled(let value) = state { return .some(value) }
                state = .waiting(continuation)
                return nil
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }
}

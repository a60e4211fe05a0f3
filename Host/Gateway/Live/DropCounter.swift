import Synchronization

/// Counts what a slow reader has lost, until it is told.
final class DropCounter: Sendable {
    private let count = Atomic(0)

    func add() { count.wrappingAdd(1, ordering: .relaxed) }

    /// How many were lost since the last call; nil when none.
    func take() -> Int? {
        guard count.load(ordering: .relaxed) > 0 else { return nil }
        return count.exchange(0, ordering: .relaxed)
    }
}

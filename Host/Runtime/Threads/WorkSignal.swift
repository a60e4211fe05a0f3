internal import Synchronization

/// Wakes one thread that waits for work. Costs those who bring work a fence and a load while the thread is awake.
final class WorkSignal: Sendable {
    private let isSleeping = Atomic<Bool>(false)
    private let monitor = Monitor()

    /// Call after making work visible.
    func wake() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard isSleeping.load(ordering: .relaxed) else { return }
        monitor.withLock { monitor.wakeAll() }
    }

    /// Waits for `wake` or the monotonic time `deadline` (ns); returns at once if `hasWork` says so.
    func sleep(until deadline: Int64?, unless hasWork: () -> Bool) {
        monitor.withLock {
            // The lock is held from here until the wait, so that a wake that sees the flag comes after the wait has begun.
            isSleeping.store(true, ordering: .relaxed)
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if !hasWork() { monitor.wait(until: deadline) }
            isSleeping.store(false, ordering: .relaxed)
        }
    }
}

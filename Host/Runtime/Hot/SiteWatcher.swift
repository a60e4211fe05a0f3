internal import Glibc
internal import Synchronization

/// The thread that watches a site's folders and has ``SiteReload`` look at them when something happened there.
final class SiteWatcher: Sendable {
    /// What a look at the folders leaves to be done.
    struct Agenda: Sendable {
        /// The folders to watch.
        var folders: Set<String>
        /// When to look again in any case, monotonic ns.
        var next: Int64?
    }

    /// A look at the folders; is told the files that are being written.
    typealias Look = @Sendable (_ writing: Set<String>) async -> Agenda

    private let look: Look
    private let isStopped = Atomic<Bool>(false)
    private let isPoked = Atomic<Bool>(false)
    /// A pipe that wakes the thread.
    private let wake: (reading: Int32, writing: Int32)
    private let monitor = Monitor()
    private let agenda = OneShotBox<Agenda>()
    /// Looks for what no event tells: file systems of other machines, targets of links.
    private static let period: Int64 = 5_000_000_000

    init(look: @escaping Look) {
        self.look = look
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        for end in ends where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wake = (ends[0], ends[1])
    }

    deinit { for end in [wake.reading, wake.writing] where end >= 0 { close(end) } }

    /// Watches the folders from this moment on, and starts the thread; false if the system has none to give, or can't watch folders.
    func start(_ first: Set<String>) -> Bool {
        guard wake.reading >= 0, let folders = FolderWatch() else { return false }
        folders.watch(first)
        // Handed over: only the thread uses it from here.
        nonisolated(unsafe) let watched = folders
        return ServiceThread.start(name: "site") { self.run(watched) }
    }

    /// Ends the thread soon.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        wakeUp()
    }

    /// Has the thread look soon, though nothing happened in the folders.
    func poke() {
        if !isPoked.exchange(true, ordering: .acquiringAndReleasing) { wakeUp() }
    }

    private func wakeUp() {
        var one: UInt8 = 1
        _ = write(wake.writing, &one, 1)
    }

    private func run(_ folders: FolderWatch) {
        var writing: Set<String> = []
        for event in folders.read() { Self.note(event, in: &writing) }
        var due: Int64 = 0
        while !isStopped.load(ordering: .acquiring) {
            if MachineClock.monotonic() >= due {
                let agenda = takeALook(writing)
                folders.watch(agenda.folders)
                due = min(agenda.next ?? .max, MachineClock.monotonic() + Self.period)
            }
            wait(for: folders, until: due)
            let events = folders.read()
            for event in events { Self.note(event, in: &writing) }
            // Looked at once the burst is over, or this much after its begin.
            if isPoked.exchange(false, ordering: .acquiringAndReleasing) { due = 0 }
            if !events.isEmpty { due = min(due, MachineClock.monotonic() + 10_000_000) }
        }
    }

    static func note(_ event: FolderWatch.Event, in writing: inout Set<String>) {
        switch event.kind {
        case .writing: writing.insert(event.path)
        case .complete: writing.remove(event.path)
        case .overflow: writing.removeAll()
        case .other: if FileSignature(event.path) == nil { writing.remove(event.path) }
        }
    }

    private func takeALook(_ writing: Set<String>) -> Agenda {
        agenda.value = nil
        Task {
            agenda.value = await look(writing)
            monitor.withLock { monitor.wakeAll() }
        }
        monitor.withLock { while agenda.value == nil { monitor.wait(until: nil) } }
        return agenda.value ?? Agenda(folders: [], next: nil)
    }

    private func wait(for folders: FolderWatch, until due: Int64) {
        let left = max(0, due - MachineClock.monotonic())
        var polls = [pollfd(fd: folders.descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0)]
        _ = poll(&polls, 2, Int32(clamping: (left + 999_999) / 1_000_000))
        var taken: UInt64 = 0
        if polls[1].revents != 0 { _ = read(wake.reading, &taken, 8) }
    }
}

/// The bytes in a folder, measured no more often than needed: a walk through thousands of files takes its time.
final class FolderSize: Sendable {
    private struct State {
        var bytes: Int64 = 0
        /// Monotonic time (ns) from which on it is measured again.
        var expires: UInt64 = 0
    }

    private let folder: String
    private let lasting: UInt64
    private let state = Monitor(State())

    /// - Parameter lastingSeconds: for how long a measurement is good.
    init(folder: String, lastingSeconds: UInt64) {
        self.folder = folder
        lasting = lastingSeconds * 1_000_000_000
    }

    /// The size at the last measurement. One caller measures anew when it is due; others meanwhile get what is known.
    var bytes: Int64 {
        let known: Int64? = state.withLock { state in
            let now = monotonicNanoseconds()
            guard now >= state.expires else { return state.bytes }
            state.expires = now + lasting
            return nil
        }
        if let known { return known }
        let measured = FileSystem.size(of: folder)
        state.withLock { $0.bytes = measured }
        return measured
    }
}

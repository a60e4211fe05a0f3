internal import Glibc
internal import Logging
internal import Synchronization

/// The spill's own thread.
extension Spill {
    /// Between attempts at what the disk refuses, ns.
    static let pause: Int64 = 1_000_000_000

    private struct Work {
        let bytes: [UInt8]
        let messages: Int
        let tokens: [UInt64]
    }

    func write() {
        while let work = nextWork() { put(work) }
        state.withLock { $0.isClosed = true }
        monitor.withLock { monitor.wakeAll() }
    }

    /// What was appended since the last time; waits for it. `nil` when the spill is closed and all is written.
    private func nextWork() -> Work? {
        while true {
            let (work, isClosing) = state.withLock { state -> (Work?, Bool) in
                guard !state.buffer.isEmpty else { return (nil, state.isClosing) }
                defer {
                    state.writing = state.buffer.count
                    state.buffer = []
                    state.bufferedMessages = 0
                    state.tokens = []
                }
                return (Work(bytes: state.buffer, messages: state.bufferedMessages, tokens: state.tokens), false)
            }
            if let work { return work }
            if isClosing { return nil }
            monitor.withLock {
                if state.withLock({ $0.buffer.isEmpty && !$0.isClosing }) { monitor.wait(until: nil) }
            }
        }
    }

    /// Writes one buffer, as often as it takes.
    private func put(_ work: Work) {
        while true {
            do throws(HostFiles.Failure) {
                let file = try fileToWrite()
                try file.append(work.bytes)
                if !work.tokens.isEmpty { try file.sync() }
                let isLost = state.withLock { state in
                    if file.isRead { return true }
                    file.end += work.bytes.count
                    file.messages += work.messages
                    state.fileBytes += work.bytes.count
                    state.writing = 0
                    state.diskProblem = nil
                    return false
                }
                // The reader has just found the file damaged and left it.
                if isLost { continue }
                readable.wrappingAdd(work.messages, ordering: .sequentiallyConsistent)
                if !work.tokens.isEmpty { listener.stored(work.tokens) }
                listener.hasRecords()
                return complain()
            } catch {
                let isClosing = state.withLock { state in
                    state.diskProblem = error.description
                    return state.isClosing
                }
                complain()
                if isClosing { return log.host(.error, "\(work.messages) messages can't be spilled as the service ends: \(error)") }
                monitor.withLock { monitor.wait(until: MachineClock.monotonic() + Self.pause) }
            }
        }
    }

    /// The file to append to: the last, if this run made it and it has room.
    private func fileToWrite() throws(HostFiles.Failure) -> SpillFile {
        let (last, number) = state.withLock { ($0.files.last, $0.number) }
        if let last, last.run == run, !last.isRead, last.end < fileLimit { return last }
        let digits = String(number + 1)
        let file = try SpillFile.create("\(folder)/\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).spill", run: run)
        HostFiles.syncFolder(folder)
        state.withLock { state in
            state.number = number + 1
            state.files.append(file)
            state.fileBytes += file.end
        }
        return file
    }
}

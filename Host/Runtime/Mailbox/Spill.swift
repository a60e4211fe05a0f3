internal import Glibc
internal import Logging
internal import Synchronization

/// Where a mailbox puts what does not fit: an append-only log in the data folder, bounded in bytes, read back in its order.
///
/// The databus's thread appends to a buffer in memory and never waits for the disk; the spill's own thread writes that to files of some
/// megabytes and, where an acknowledgement hangs on it, to the disk itself; the service's thread reads, and removes the files that the
/// service is done with. What is there when the host ends is there when the service starts again.
final class Spill: @unchecked Sendable {
    // @unchecked: `state` is a Mutex; the members under "the reader's" are touched by the service's thread alone.

    /// What the spill tells its owner, on any thread and without its lock held.
    struct Listener: Sendable {
        /// These messages are on the disk, and those who wait for no more than that may be told.
        var stored: @Sendable ([UInt64]) -> Void = { _ in }
        /// The databus was told to wait, and there is room again.
        var hasRoom: @Sendable () -> Void = {}
        /// Records came in reach of the reader.
        var hasRecords: @Sendable () -> Void = {}
        /// Why messages can't be spilled at present, or `nil` if they can again.
        var complains: @Sendable (String?) -> Void = { _ in }
    }

    struct State {
        var buffer: [UInt8] = []
        var bufferedMessages = 0
        /// Acknowledgements due when the buffer is on the disk.
        var tokens: [UInt64] = []
        /// Oldest first; the last is written to if this run made it.
        var files: [SpillFile] = []
        /// Bytes of the files.
        var fileBytes = 0
        /// Messages appended and not taken, in files and buffer.
        var waiting = 0
        /// What the thread is writing at present.
        var writing = 0
        /// The databus was told to wait, because a record of so many bytes had no room.
        var blocked: Int?
        var isClosing = false
        var isClosed = false
        var diskProblem: String?
        /// Why what is there can't be read at present.
        var readProblem: String?
        var complaint: String?
        var number = 0
    }
    let state = Mutex(State())
    let monitor = Monitor()
    let folder: String
    let limit: Int
    let run: UInt64
    /// The folder, held against another instance until this one is closed.
    private let lock: FolderLock
    let listener: Listener
    let log: ServiceLog
    /// Messages that an earlier run left, when it was opened.
    let recovered: Int
    /// Whether the reader would find something, as far as the thread has written.
    let readable = Atomic<Int>(0)
    /// When the reader tries again what it could not read, monotonic ns, or 0.
    let readPause = Atomic<Int64>(0)

    // The reader's.
    var cursor = 0
    var readSegment = MailboxSegment(messageCapacity: Spill.batchMessages, byteCapacity: Spill.batchBytes)
    /// How many records of earlier runs the reader has passed.
    var passed = 0

    /// Bytes that wait for the thread at most.
    static let bufferLimit = 1 << 20
    static let batchMessages = 1_024
    static let batchBytes = 256 << 10
    var fileLimit: Int { min(16 << 20, max(limit / 8, 64 << 10)) }

    /// Opens the spill in `folder`, with what an earlier run left there, and starts its thread. Reads all that is there once.
    ///
    /// - Parameter limit: bytes that its files may take.
    init(folder: String, limit: Int, log: ServiceLog, listener: Listener) throws(HostFiles.Failure) {
        self.folder = folder
        self.limit = limit
        self.log = log
        self.listener = listener
        run = UInt64.random(in: 1...(.max))
        let parent = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? "."
        mkdir(parent, 0o755)
        mkdir(folder, 0o700)
        lock = try FolderLock(folder)
        let found = try Self.files(in: folder, log: log)
        let messages = found.files.reduce(0) { $0 + $1.messages }
        recovered = messages
        readable.store(messages, ordering: .relaxed)
        state.withLock { state in
            state.files = found.files
            state.fileBytes = found.files.reduce(0) { $0 + $1.end }
            state.waiting = messages
            state.number = found.number
        }
        if messages > 0 { log.host(.notice, "\(messages) messages that waited on the disk when it ended are delivered first") }
        guard ServiceThread.start(name: "spill", { self.write() }) else { throw HostFiles.Failure("no thread for the spill", code: EAGAIN) }
    }

    /// The files that earlier runs left, oldest first, and the number of the last. Empty ones are removed.
    private static func files(in folder: String, log: ServiceLog) throws(HostFiles.Failure) -> (files: [SpillFile], number: Int) {
        var files: [SpillFile] = [], number = 0
        for name in try HostFiles.names(in: folder) {
            // Those put aside have theirs too.
            number = max(number, Int(name.prefix { $0 != "." }) ?? 0)
            guard name.hasSuffix(".spill") else { continue }
            let path = "\(folder)/\(name)"
            guard let (file, lost) = try SpillFile.existing(path) else {
                log.host(.error, "\(path) is not a spill file and is left as it is")
                continue
            }
            if lost > 0 {
                log.host(
                    .error,
                    "\(path) is damaged or was cut short: its last \(lost) bytes can't be read, what they held is lost "
                        + "(once the rest is delivered it stays as \(file.damagedPath))")
            }
            if file.messages > 0 { files.append(file) } else { file.remove() }
        }
        return (files, number)
    }

    /// Whether messages have to go behind what is spilled.
    var isActive: Bool { state.withLock { $0.waiting > 0 } }

    /// Bytes on the disk and on their way to it, and messages that nobody took yet.
    var extent: (bytes: Int, messages: Int) { state.withLock { ($0.fileBytes + $0.buffer.count + $0.writing, $0.waiting) } }

    /// Whether a record of so many bytes fits when nothing else is there.
    func canHold(_ length: Int) -> Bool { length + 2 * SpillFile.headerSize <= limit }

    /// Appends a message; false if there is no room: then `hasRoom` comes later. The databus's thread.
    ///
    /// - Parameter received: the acknowledgement that is due when the message is on the disk.
    func append(_ record: SpillRecord, received: UInt64?, topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) -> Bool {
        let isAppended = state.withLock { state in
            let taken = state.fileBytes + state.buffer.count + state.writing
            guard state.buffer.isEmpty || state.buffer.count + Int(record.length) <= Self.bufferLimit,
                taken + Int(record.length) + SpillFile.headerSize <= limit, !state.isClosing
            else {
                state.blocked = Int(record.length)
                return false
            }
            record.append(to: &state.buffer, topic: topic, payload: payload)
            state.bufferedMessages += 1
            state.waiting += 1
            if let received { state.tokens.append(received) }
            return true
        }
        // Room comes when the thread has written or the service has read, and is announced then.
        if !isAppended { complain(announcingRoom: false) }
        return isAppended
    }

    /// The burst is over: what was appended is written.
    func flush() { monitor.withLock { monitor.wakeAll() } }

    /// Ends the thread, with everything written and on the disk. The files stay.
    func close() {
        state.withLock { $0.isClosing = true }
        let deadline = MachineClock.monotonic() + 10_000_000_000
        monitor.withLock {
            monitor.wakeAll()
            while !state.withLock({ $0.isClosed }), MachineClock.monotonic() < deadline { monitor.wait(until: deadline) }
        }
        lock.release()
    }

    /// Says what is wrong, or that nothing is any more, if that has changed; lets the databus go on where there is room.
    func complain(announcingRoom: Bool = true) {
        let (sentence, isNew, isFree) = state.withLock { state -> (String?, Bool, Bool) in
            let isFree = announcingRoom && state.blocked != nil && hasRoom(state) && state.diskProblem == nil
            if isFree { state.blocked = nil }
            let sentence = problem(of: state)
            defer { state.complaint = sentence }
            return (sentence, sentence != state.complaint, isFree)
        }
        if isNew { listener.complains(sentence) }
        if isFree { listener.hasRoom() }
    }

    /// Whether what is there leaves an eighth of the bound free and the message that waits fits; one that is larger than the bound waits
    /// until the mailbox takes it, when nothing is spilled.
    private func hasRoom(_ state: State) -> Bool {
        state.waiting == 0 || isBelowBound(state) && state.buffer.count <= Self.bufferLimit / 2
    }

    private func isBelowBound(_ state: State) -> Bool {
        let taken = state.fileBytes + state.buffer.count + state.writing
        return taken <= limit - limit / 8 && taken + (state.blocked ?? 0) + SpillFile.headerSize <= limit
    }

    private func problem(of state: State) -> String? {
        if let problem = state.diskProblem { return "messages wait in the databus, they can't be spilled: \(problem)" }
        if let problem = state.readProblem { return "messages wait on the disk, they can't be read back: \(problem)" }
        guard state.blocked != nil, !isBelowBound(state) else { return nil }
        return "messages wait in the databus, the spill is full (expected at most \(Quantities.describe(bytes: Int64(limit))), as 'queue: spill' says)"
    }
}

internal import CPluginAPI
internal import Synchronization

/// An instance in a process of its own: passes each callback on to its runner and waits for the end of it.
///
/// One callback is under way at a time, and the runner makes one call at a time: that is all the credit that either side gives the
/// other, so that neither can flood the other's memory.
final class ProcessInstance: ServiceInstance {
    private let context: ServiceContext
    private let library: AdmittedLibrary
    /// What people know the library by.
    private let path: String
    private let launch: RunnerLaunch
    private let hostVersion: String
    private let identified: @Sendable (ServiceStatus.Module) -> Void
    /// What the library said about itself.
    private var module: ServiceStatus.Module?
    private let frame = FrameWriter(capacity: 320 << 10)
    private var control: Channel?
    /// The runner, which other threads may kill.
    private let process = Mutex<RunnerProcess?>(nil)
    private(set) var stateVersions: ClosedRange<UInt32>?
    /// Answers of callbacks hold a sentence, or a saved state.
    private static let limit = SavedState.limit + (1 << 20)

    /// - Parameter identified: told what the library says about itself, when the runner has loaded it.
    init(
        library: AdmittedLibrary, path: String, context: ServiceContext, launch: RunnerLaunch, hostVersion: String,
        identified: @escaping @Sendable (ServiceStatus.Module) -> Void
    ) {
        self.library = library
        self.path = path
        self.context = context
        self.launch = launch
        self.hostVersion = hostVersion
        self.identified = identified
    }

    deinit { process.withLock { $0 }?.kill(.unwanted) }

    var takesMessages: Bool { true }

    var loss: RunnerEnd? { process.withLock { $0 }?.end }

    /// The runner's process, or `nil` before the first.
    var pid: Int32? { process.withLock { $0 }?.pid }

    var backtrace: String? { process.withLock { $0 }?.backtrace }

    func overstayed(_ callback: Callback, allowed: Int64, elapsed: Int64) {
        guard let process = process.withLock({ $0 }) else { return }
        // It may have crashed, and take its time to write why: the backtracer begins a moment after the crash.
        if elapsed < allowed + Self.crashPatience { return }
        if process.hasCrashed {
            if elapsed >= allowed + Self.backtracePatience { process.kill(.stuckCrash) }
            return
        }
        process.kill(.hang(callback: callback.word, allowed: allowed))
    }

    private static let crashPatience: Int64 = 200_000_000
    private static let backtracePatience: Int64 = 60_000_000_000

    func create() throws(ServiceFault) {
        let process = try RunnerProcess(launch, name: context.manifest.service)
        self.process.withLock { $0 = process }
        control = Channel(descriptor: process.control, limit: Self.limit)
        guard CallServer(process: process, context: context).start() else {
            process.kill(.unwanted)
            process.collect(memoryLimit: nil)
            throw ServiceFault(status: dsotp_status(DSOTP_TRY_AGAIN), isRetryable: true, sentence: "the system has no thread for the service's calls")
        }
        let manifest = context.manifest
        try exchange(.create) { frame in
            frame.append(UInt64(manifest.limits.memory ?? 0))
            frame.append(UInt64(manifest.memoryQuota))
            frame.append(UInt32(context.log.leastLevel))
            frame.append(manifest.service)
            frame.append(library.path)
            frame.append(path)
            frame.append(hostVersion)
            frame.append(clock: context.bridges.clock)
            frame.append(manifest.config.json)
            frame.append(manifest.subscriptions.isEmpty ? "" : manifest.place.file)
            frame.append(foreign: manifest.foreign)
        } result: { body throws(MalformedFrame) in
            module = ServiceStatus.Module(
                path: path, identifier: try body.text(), version: try body.text(), summary: try body.text(), abi: try body.text())
            let oldest: UInt32 = try body.number(), newest: UInt32 = try body.number()
            stateVersions = newest > 0 && oldest <= newest ? oldest...newest : nil
        }
        guard let module else { return }
        do throws(LibraryRefusal) {
            // A foreign library has no identity of its own that could differ from the signature's.
            if manifest.foreign == nil { try library.check(identifier: module.identifier, version: module.version, path: path) }
        } catch {
            throw ServiceFault(status: dsotp_status(DSOTP_VERSION_MISMATCH), sentence: error.description)
        }
        identified(module)
    }

    func configure(validateOnly: Bool) throws(ServiceFault) {
        try exchange(.configure) { $0.append(UInt32(validateOnly ? 1 : 0)) }
    }

    func start() throws(ServiceFault) { try exchange(.start) }

    func process(_ batch: UnsafePointer<dsotp_message_batch>) throws(ServiceFault) {
        // The mailbox gives at most a segment, 1,024 messages and 256 KiB unless one message is larger: one frame, one write.
        try exchange(.messages) { $0.append(batch: batch.pointee) }
    }

    func answer(_ request: UnsafePointer<dsotp_request>) throws(ServiceFault) {
        try exchange(.request) { $0.append(request: request.pointee) }
    }

    func timer(_ timer: UInt64, now: Int64) throws(ServiceFault) {
        try exchange(.timer) { frame in
            frame.append(timer)
            frame.append(now)
        }
    }

    func outcomes(_ batch: UnsafePointer<dsotp_command_outcome_batch>) throws(ServiceFault) {
        try exchange(.outcomes) { $0.append(outcomes: batch.pointee) }
    }

    func drain(deadline: Int64) throws(ServiceFault) { try exchange(.drain) { $0.append(deadline) } }

    func stop() throws(ServiceFault) { try exchange(.stop) }

    /// Lets the runner free the instance and end; one that does not is killed. If it was lost, now or before, it stays so.
    func destroy() {
        guard let process = process.withLock({ $0 }) else { return }
        let wasLost = process.end != nil
        var end: RunnerEnd?
        if !wasLost {
            try? exchange(.destroy)
            let patience = MachineClock.monotonic() + 1_000_000_000
            end = process.waitForEnd(until: patience)
            if end == nil {
                process.kill(.unwanted)
                end = process.waitForEnd(until: patience + 5_000_000_000)
            }
        }
        control = nil
        if !wasLost, end?.isOrderly ?? true { self.process.withLock { $0 = nil } }
    }

    func saveState() throws(ServiceFault) -> SavedState {
        var state: SavedState?
        try exchange(.saveState) { _ in } result: { body throws(MalformedFrame) in
            state = SavedState(version: try body.number(), bytes: [UInt8](try body.counted()))
        }
        guard let state else { throw Self.lost("it saved no state") }
        return state
    }

    func loadState(_ state: SavedState) throws(ServiceFault) {
        try exchange(.loadState) { frame in
            frame.append(state.version)
            state.bytes.withUnsafeBytes { frame.append(counted: $0) }
        }
    }

    func checkHealth() -> String? {
        var sentence = ""
        try? exchange(.health) { _ in } result: { body throws(MalformedFrame) in sentence = try body.text() }
        return sentence.isEmpty ? nil : sentence
    }

    /// Sends a callback and waits until it has returned.
    private func exchange(
        _ kind: FrameKind, _ build: (FrameWriter) -> Void = { _ in },
        result: (inout FrameReader) throws(MalformedFrame) -> Void = { _ in }
    ) throws(ServiceFault) {
        guard let control, let process = process.withLock({ $0 }) else { throw Self.lost("it has not been started") }
        frame.begin(kind)
        build(frame)
        frame.finish()
        let outcome: ServiceFault?
        do {
            try control.send(frame)
            let (kind, body) = try control.receive()
            guard kind == .returned else { throw Channel.Failure.malformed(MalformedFrame("expected the end of a callback; got a frame \(kind)")) }
            var reader = FrameReader(body)
            outcome = try reader.outcome()
            if outcome == nil { try result(&reader) }
        } catch Channel.Failure.malformed(let error) {
            throw end(process, .malformed(error.description))
        } catch let error as MalformedFrame {
            throw end(process, .malformed(error.description))
        } catch {
            throw end(process, .itself)
        }
        if let outcome { throw outcome }
    }

    /// Makes sure that the runner is at its end, and says how it came to it.
    private func end(_ process: RunnerProcess, _ cause: RunnerEnd.Cause) -> ServiceFault {
        if case .itself = cause {
            // It closed the connection: it is about to end, or has no business to go on. Writing a backtrace may take it a while.
            if process.waitForEnd(until: MachineClock.monotonic() + 2_000_000_000) == nil, !process.hasCrashed {
                process.kill(.malformed("it closed its connection to the host"))
            }
        } else {
            process.kill(cause)
        }
        let end = process.waitForEnd(until: MachineClock.monotonic() + 10_000_000_000)
        return Self.lost(end?.description ?? "its process does not end even when killed")
    }

    private static func lost(_ sentence: String) -> ServiceFault {
        ServiceFault(status: dsotp_status(DSOTP_INTERNAL), isRetryable: true, sentence: sentence)
    }
}

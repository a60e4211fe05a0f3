public import CPluginAPI
public import PluginAPI

/// Runs one instance of a service in a test, through the C tables that the real host uses: on a thread of its own, with a virtual
/// clock, and with everything that it publishes, stores, logs and answers kept for the test to look at.
///
/// ```swift
/// let harness = try ServiceHarness(
///     library: ServiceLibrary(built: "VoltageBand"), config: #"{"nominal_volts": 230}"#)
/// try harness.publish("/pmu/a", payload).advance(by: .seconds(1))
/// #expect(harness.published.map(\.topic) == ["alarms/voltage/a"])
/// ```
/// What the service publishes is recorded, not delivered to it again. Memory lent to the service is overwritten when the call
/// ends, and messages lie further apart than ABI 1.0 needs, so that a service which breaks these rules is found out.
/// Use a harness from one test; call ``stop()`` at its end to learn of breaches of the ABI's rules.
public final class ServiceHarness {
    let memory: MemoryHost
    let service: dsotp_service
    let name: String
    private let host: UnsafeMutablePointer<dsotp_host>
    private var instance: dsotp_instance?
    private var isRunning = false
    var nextRequest: UInt64 = 1
    var nextSequence: UInt64 = 1

    /// What the library says about itself.
    public let module: dsotp_module

    /// Makes an instance, configures and starts it.
    /// - Parameters:
    ///   - config: the manifest's `config` as JSON.
    ///   - time: where the virtual clock begins.
    ///   - withholding: extensions that this host does not offer.
    ///   - starts: false leaves the instance made, but neither configured nor started.
    public init(
        library: ServiceLibrary, name: String = "service", config: String = "{}", permissions: Permissions = .all,
        time: Timestamp = Timestamp(seconds: 1_717_243_200), withholding: Set<HostExtension> = [], starts: Bool = true
    ) throws {
        module = try library.module().pointee
        guard module.abi_major == DSOTP_ABI_MAJOR, let service = module.service else {
            throw HarnessError("the library's module has no service, or is of ABI \(module.abi_major)")
        }
        self.service = partialCopy(service, size: service.pointee.size)
        self.name = name
        memory = MemoryHost(thread: try ServiceThread(), permissions: permissions, withheld: withholding, now: time)
        host = .allocate(capacity: 1)
        host.initialize(
            to: dsotp_host(
                size: UInt32(MemoryLayout<dsotp_host>.size), reserved: 0, context: Unmanaged.passUnretained(memory).toOpaque(),
                get_extension: { ExtensionTables.find($0, $1) }))
        try create()
        if starts { try configure(config).start() }
    }

    deinit {
        if isRunning { _ = try? call("stop") { service.stop?(instance, $0) ?? 0 } }
        if let instance { _ = try? memory.thread.perform { service.destroy?(instance) } }
        memory.thread.end()
        host.deallocate()
    }

    /// Takes a configuration. Throws the service's ``ServiceError`` if it refuses.
    @discardableResult public func configure(_ config: String) throws -> ServiceHarness {
        try configure(config, validateOnly: false)
        return self
    }

    /// Lets the service check a configuration. Throws its ``ServiceError`` if it refuses.
    @discardableResult public func validate(_ config: String) throws -> ServiceHarness {
        try configure(config, validateOnly: true)
        return self
    }

    /// Starts the service.
    @discardableResult public func start() throws -> ServiceHarness {
        try call("start") { service.start?(instance, $0) ?? 0 }
        isRunning = true
        return self
    }

    /// Tells the service that no more messages will come.
    @discardableResult public func drain(within duration: Duration = .seconds(1)) throws -> ServiceHarness {
        let deadline = (now + duration).nanoseconds
        if let drain = service.drain { try call("drain") { drain(instance, deadline, $0) } }
        return self
    }

    /// Stops the service. It may be configured and started again.
    /// - Throws: the service's error, or a ``HarnessError`` that lists what it did against the ABI's rules since it was made.
    @discardableResult public func stop() throws -> ServiceHarness {
        isRunning = false
        try call("stop") { service.stop?(instance, $0) ?? 0 }
        memory.withState { state in
            state.isOpen = false
            state.timers = [:]
            state.routes = []
        }
        guard violations.isEmpty else {
            throw HarnessError("the service broke the rules of the ABI: " + violations.joined(separator: "; "))
        }
        return self
    }

    /// Lets the virtual clock advance, calling timers as they become due.
    @discardableResult public func advance(by duration: Duration) throws -> ServiceHarness {
        let end = now + duration
        while true {
            let next = memory.withState { $0.commands.nextDue } ?? end
            guard let (timer, due) = nextTimer(until: min(end, next)) else {
                guard next <= end, try becomeDue(at: next) else { break }
                continue
            }
            guard let onTimer = service.on_timer else { throw HarnessError("the service set timer \(timer) but has no on_timer") }
            try call("on_timer") { onTimer(instance, timer, due.nanoseconds, $0) }
            try tellOutcomes()
        }
        memory.withState { $0.now = max($0.now, end) }
        return self
    }

    /// What the service says of itself by `dsotp.health/1`; well if it does not offer it.
    public func health() throws -> Health {
        guard let getExtension = service.get_extension else { return .well }
        let table = try memory.thread.perform {
            DSOTP_EXT_HEALTH.withPluginBytes { getExtension(instance, dsotp_host_bytes($0.buffer)) }
        }
        guard let table else { return .well }
        var sentence = dsotp_owned_bytes()
        var isWell: UInt32 = 1
        try call("health") { _ in
            isWell = table.assumingMemoryBound(to: dsotp_health.self).pointee.check(instance, &sentence)
            return 0
        }
        return isWell == 1 ? .well : .degraded(sentence.take())
    }

    /// Runs a callback on the service's thread and throws what it reports.
    func call(_ name: StaticString, _ callback: (UnsafeMutablePointer<dsotp_error>) -> dsotp_status) throws {
        memory.withState { $0.isInCallback = true }
        defer { memory.withState { $0.isInCallback = false } }
        try memory.thread.perform { try ServiceError.check(callback) }
    }

    /// The instance, for the callbacks of extensions of this class.
    var currentInstance: dsotp_instance? { instance }

    private func create() throws {
        guard let create = service.create, service.configure != nil, service.start != nil, service.stop != nil,
            service.destroy != nil
        else {
            throw HarnessError("the service's table lacks create, configure, start, stop or destroy")
        }
        var made: dsotp_instance?
        try call("create") { error in
            self.name.withPluginBytes { create(host, dsotp_host_bytes($0.buffer), &made, error) }
        }
        instance = made
    }

    private func configure(_ config: String, validateOnly: Bool) throws {
        let json = Lent(Array(config.utf8))
        let tree: JSONValue
        do throws(JSONError) { tree = try JSONValue(UnsafeRawBufferPointer(json.bytes)) } catch {
            throw HarnessError("the test's configuration is not JSON, \(error)")
        }
        memory.withState { state in
            state.isOpen = true
            state.configuration.release()
            state.configuration = MemoryConfiguration(tree)
        }
        try call("configure") { error in
            var configuration = dsotp_configuration(
                size: UInt32(MemoryLayout<dsotp_configuration>.size), validate_only: validateOnly ? 1 : 0,
                json: dsotp_host_bytes(UnsafeRawBufferPointer(json.bytes)))
            return service.configure(instance, &configuration, error)
        }
    }

    /// Takes the timer that is due first, and moves the clock there.
    private func nextTimer(until end: Timestamp) -> (UInt64, Timestamp)? {
        memory.withState { state in
            guard let (timer, setting) = state.timers.min(by: { ($0.value.next, $0.key) < ($1.value.next, $1.key) }),
                setting.next <= end
            else { return nil }
            state.now = max(state.now, setting.next)
            if setting.period > 0 {
                let missed = max(0, (state.now - setting.next).nanoseconds / setting.period)
                state.timers[timer]?.next.nanoseconds += (missed + 1) * setting.period
            } else {
                state.timers[timer] = nil
            }
            return (timer, state.now)
        }
    }
}

/// Bytes lent to the service, overwritten when the loan ends.
final class Lent {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ copied: [UInt8]) {
        bytes = .allocate(byteCount: copied.count, alignment: 1)
        bytes.copyBytes(from: copied)
    }

    deinit {
        bytes.initializeMemory(as: UInt8.self, repeating: 0xDB)
        bytes.deallocate()
    }
}

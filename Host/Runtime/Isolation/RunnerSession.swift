internal import CPluginAPI
internal import Glibc
internal import Logging

/// Carries out in the runner what the host asks for, on the service's own thread.
final class RunnerSession {
    private let control: Channel
    private let host: RemoteHost
    private let frame = FrameWriter()
    private var instance: InProcessInstance?
    private var context: ServiceContext?

    init(control: Int32, calls: Int32) {
        // The host is to be believed.
        self.control = Channel(descriptor: control, limit: 1 << 30)
        host = RemoteHost(descriptor: calls)
    }

    func run() -> Never {
        while true {
            do {
                let (kind, body) = try control.receive()
                var reader = FrameReader(body)
                frame.begin(.returned)
                try carryOut(kind, &reader)
                frame.finish()
                try control.send(frame)
                if kind == .destroy { Runner.leave() }
            } catch {
                Runner.leaveWithoutHost()
            }
        }
    }

    private func carryOut(_ kind: FrameKind, _ body: inout FrameReader) throws(MalformedFrame) {
        if kind == .create { return try create(&body) }
        guard let instance, let context else { throw MalformedFrame("there is no instance yet") }
        switch kind {
        case .configure:
            let isCheck = try body.number(UInt32.self) == 1
            context.enter(isCheck ? .checking : .active)
            end { () throws(ServiceFault) in try instance.configure(validateOnly: isCheck) }
        case .start:
            end { () throws(ServiceFault) in try instance.start() }
            context.remote?.metrics.report()
        case .messages:
            try body.withBatch { batch in end { () throws(ServiceFault) in try instance.process(batch) } }
        case .request:
            try body.withRequest { request in end { () throws(ServiceFault) in try instance.answer(request) } }
        case .timer:
            let timer: UInt64 = try body.number()
            let now: Int64 = try body.number()
            end { () throws(ServiceFault) in try instance.timer(timer, now: now) }
        case .outcomes:
            try body.withOutcomes { batch in end { () throws(ServiceFault) in try instance.outcomes(batch) } }
        case .drain:
            let deadline: Int64 = try body.number()
            end { () throws(ServiceFault) in try instance.drain(deadline: deadline) }
        case .stop:
            end { () throws(ServiceFault) in try instance.stop() }
            context.remote?.metrics.report()
        case .destroy:
            context.enter(.silent)
            instance.destroy()
            frame.append(outcome: nil)
        case .saveState: saveState(instance)
        case .loadState:
            let state = SavedState(version: try body.number(), bytes: [UInt8](try body.counted()))
            end { () throws(ServiceFault) in try instance.loadState(state) }
        case .health:
            let sentence = instance.checkHealth()
            frame.append(outcome: nil)
            frame.append(sentence ?? "")
        default: throw MalformedFrame("a frame of the kind \(kind) is not a callback")
        }
    }

    /// `u32` version, bytes behind their count.
    private func saveState(_ instance: InProcessInstance) {
        do throws(ServiceFault) {
            let state = try instance.saveState()
            frame.append(outcome: nil)
            frame.append(state.version)
            state.bytes.withUnsafeBytes { frame.append(counted: $0) }
        } catch {
            frame.append(outcome: error)
        }
    }

    /// Runs a callback and writes how it ended.
    private func end(_ callback: () throws(ServiceFault) -> Void) {
        do throws(ServiceFault) {
            try callback()
            frame.append(outcome: nil)
        } catch {
            frame.append(outcome: error)
        }
    }

    private func create(_ body: inout FrameReader) throws(MalformedFrame) {
        let memoryLimit: UInt64 = try body.number()
        let quota = Int(clamping: try body.number(UInt64.self))
        let level = Logger.Level.allCases[min(Int(try body.number(UInt32.self)), Logger.Level.allCases.count - 1)]
        let service = try body.text(), image = try body.text(), path = try body.text(), version = try body.text()
        let clock = try body.clock()
        let config = try body.text(), subscribing = try body.text()
        let foreign = try body.foreign()
        if memoryLimit > 0 { Self.limitMemory(memoryLimit) }
        do throws(LibraryRefusal) {
            let module: LoadedModule
            if let foreign {
                module = try ForeignLoader.load(image, path: path, service: service, description: foreign)
            } else {
                module = try LibraryLoader(hostVersion: version).load(image, path: path)
            }
            if !subscribing.isEmpty { try LibraryDesk.requireMessages(module, manifest: subscribing) }
            do throws(ServiceFault) {
                try make(module, manifest: ServiceManifest.forRunner(service: service, config: config, memoryQuota: quota), clock: clock, level: level)
                frame.append(outcome: nil)
                for text in [module.identifier, module.version, module.summary, module.abi] { frame.append(text) }
                let versions = instance?.stateVersions
                frame.append(versions?.lowerBound ?? 0)
                frame.append(versions?.upperBound ?? 0)
            } catch {
                frame.append(outcome: error)
            }
        } catch {
            frame.append(outcome: ServiceFault(status: dsotp_status(DSOTP_VERSION_MISMATCH), sentence: error.description))
        }
    }

    private func make(
        _ module: LoadedModule, manifest: ServiceManifest, clock: any ServiceClock, level: Logger.Level
    ) throws(ServiceFault) {
        let relay = MetricsRelay(host: host)
        let context = ServiceContext(
            manifest: manifest, bridges: ClosedBridges.bridges(clock: clock),
            log: ServiceLog(service: manifest.service, logger: Logger(label: "service") { [host] _ in RemoteLogHandler(host: host, logLevel: level) }),
            metrics: ServiceMetrics(service: manifest.service, registry: MetricsRegistry()), counters: ServiceCounters(),
            signal: WorkSignal(), remote: RemoteSide(host: host, metrics: relay))
        context.adoptThread()
        let instance = InProcessInstance(module: module, context: context)
        self.context = context
        self.instance = instance
        _ = ServiceThread.start(name: "metrics") {
            while true {
                usleep(250_000)
                relay.report()
            }
        }
        try instance.create()
    }

    /// Lets the system refuse memory well above the limit: below, the host watches, and can say what happened.
    private static func limitMemory(_ limit: UInt64) {
        // The sixth number of statm is the data segment with stacks, in pages (proc(5)): what is there before the service is not its.
        let statm = (try? HostFiles.read("/proc/self/statm", limit: 4_096)) ?? []
        let fields = String(decoding: statm, as: UTF8.self).split(separator: " ")
        let present = fields.count > 5 ? (UInt64(fields[5]) ?? 0) * UInt64(getpagesize()) : 0
        let bytes = rlim_t(present + 2 * limit + (64 << 20))
        var bounds = rlimit(rlim_cur: bytes, rlim_max: bytes)
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &bounds)
    }
}

/// What a service's context has in a runner and not in the host.
struct RemoteSide: Sendable {
    let host: RemoteHost
    let metrics: MetricsRelay
}

extension ServiceManifest {
    /// The little that a runner knows of the manifest. What it permits is asked of the host, call by call.
    static func forRunner(service: String, config: String, memoryQuota: Int) -> ServiceManifest {
        let problems = ProblemList()
        let node = ManifestNode.parse(yaml: "service: \(service)\nlibrary: given\n", file: "runner", problems: problems)
        var manifest = ServiceManifestReader(file: "runner", problems: problems).read(node ?? ManifestNode(line: 1, content: .mapping([])))
        manifest.config = (try? JSONReader.parse(Array(config.utf8))) ?? .object([])
        manifest.memoryQuota = memoryQuota
        return manifest
    }
}

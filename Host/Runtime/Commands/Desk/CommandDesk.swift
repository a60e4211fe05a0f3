public import Logging
internal import Synchronization

/// Where services and operators command devices: the arbiter with everything around it.
///
/// Decisions are made at once, on the caller's thread. What follows from them (to publish, to remember, to tell, to record) is done in
/// order by one thread of the desk, in batches: first the journal, so that a hold outlives the host, then the devices, then the rest.
public final class CommandDesk: Sendable {
    let topics: CommandTopics
    let clock: any ServiceClock
    let databus: any ServiceDatabus
    let audit: any CommandAudit
    let logger: Logger
    let statistics = CommandStatistics()
    let reports = ReportSink()
    let signal: WorkSignal
    private let journal: CommandJournal?
    private let isEnding = Atomic<Bool>(false)
    private let hasEnded = OneShot<Bool>()
    private let subscription = Mutex<(any DatabusSubscription)?>(nil)

    struct State {
        var arbiter: CommandArbiter
        var flushes: [OneShot<Bool>] = []
        /// Whom to tell, by the service's name.
        var outcomes: [String: OutcomeQueue] = [:]
        /// What happens to the devices of each service that works.
        var whenStopped: [String: CommandPermissions.WhenStopped] = [:]
        /// The rate of each service.
        var rates: [String: CommandRate] = [:]
        /// Times at which the arbiter wants to be woken were given up to this one.
        var latest: Int64 = 0
    }
    let state: Mutex<State>

    /// - Parameters:
    ///   - dataFolder: holds `commands.journal`; nil remembers nothing.
    ///   - limits: bounds of the arbiter's memory.
    /// - Throws: if what was remembered can't be read.
    public init(
        settings: Site.CommandSettings, databus: any ServiceDatabus, clock: any ServiceClock = SystemServiceClock(),
        audit: any CommandAudit, dataFolder: String?, logger: Logger
    ) throws(SupervisorError) {
        topics = settings.topics
        self.databus = databus
        self.clock = clock
        self.audit = audit
        self.logger = logger
        signal = reports.signal
        let now = clock.now()
        let memory: CommandMemory
        do throws(HostFiles.Failure) {
            journal = try dataFolder.map { folder throws(HostFiles.Failure) in try CommandJournal(path: SiteFolder.join(folder, "commands.journal")) }
            memory = journal?.opened ?? CommandMemory()
        } catch {
            throw .inputOutput("what devices are held and blocked can't be read: \(error)")
        }
        for line in memory.cutLines {
            logger.warning("\(journal?.path ?? ""):\(line) held a write that was cut off: it is left out, and what stood before it of its device counts")
        }
        // Microseconds leave room for a million commands a second, and are exact in JavaScript's numbers.
        var arbiter = CommandArbiter(
            firstNumber: UInt64(max(now / 1_000, memory.lastNumber.saturatingAdd(1))), isDryRun: memory.isDryRun ?? settings.isDryRun)
        for (device, kept) in memory.devices.sorted(by: { $0.key < $1.key }) {
            arbiter.restore(device: device, holder: kept.holder, lock: kept.lock, now: now)
        }
        state = Mutex(State(arbiter: arbiter, latest: now))
    }

    /// Begins to work: watches what devices report, and starts the thread.
    public func start() async {
        if !topics.reports.isEmpty {
            let place = ManifestPlace(file: "site.yaml", line: 0)
            let filters = topics.reports.map { ServiceSubscription(filter: $0, qos: 0, place: place) }
            do {
                let session = try await databus.subscribe(service: "$commands", subscriptions: filters, sink: reports)
                subscription.withLock { $0 = session }
                reports.whenRoom { session.ready() }
            } catch {
                logger.error("what devices report on commands can't be seen: \(error)")
            }
        }
        if !ServiceThread.start(name: "commands", { self.run() }) {
            logger.error("there is no thread for commands: none is published")
            hasEnded.settle(true)
        }
        for device in state.withLock({ $0.arbiter.slots.keys.sorted() }) { publishState(of: device) }
    }

    /// Ends the work after what is decided is carried out. Holds and blocks stay for the next start.
    public func stop() async {
        isEnding.store(true, ordering: .releasing)
        signal.wake()
        _ = await hasEnded.value(timeout: .seconds(10))
        await subscription.withLock { $0 }?.cancel(keepSession: false)
    }

    /// Decides something: `body` runs with the time and the arbiter, and what follows is carried out soon.
    func decide<Result>(_ body: (inout State, Int64) -> Result) -> Result {
        defer { signal.wake() }
        return state.withLock { state in
            let now = Self.time(&state, clock)
            state.arbiter.advance(to: now)
            return body(&state, now)
        }
    }

    /// Decides something and waits until it is on the disk; false if it could not be written.
    func decideDurably<Result: Sendable>(_ body: (inout State, Int64) -> Result) async -> (result: Result, isDurable: Bool) {
        let flush = OneShot<Bool>()
        let result = decide { state, now in
            state.flushes.append(flush)
            return body(&state, now)
        }
        return (result, await flush.value(timeout: .seconds(10)) ?? false)
    }

    /// The arbiter's time does not go back, whatever the machine's clock does.
    private static func time(_ state: inout State, _ clock: any ServiceClock) -> Int64 {
        state.latest = max(state.latest, clock.now())
        return state.latest
    }

    private func run() {
        while true {
            let isLast = isEnding.load(ordering: .acquiring)
            takeReports()
            let (effects, flushes) = state.withLock { state in
                state.arbiter.advance(to: Self.time(&state, clock))
                defer { state.flushes.removeAll() }
                return (state.arbiter.takeEffects(), state.flushes)
            }
            carryOut(effects, flushes)
            if journal?.mend(now: MachineClock.monotonic()) == true { logger.notice("what devices are held and blocked is written again") }
            if !effects.isEmpty || !flushes.isEmpty { continue }
            if isLast { break }
            signal.sleep(until: wakeTime()) {
                isEnding.load(ordering: .acquiring) || !reports.isEmpty
                    || state.withLock { !$0.arbiter.effects.isEmpty || !$0.flushes.isEmpty }
            }
        }
        hasEnded.settle(true)
    }

    /// When the arbiter is to be asked again, on the machine's monotonic clock. At least every second: a clock may be set.
    private func wakeTime() -> Int64 {
        let wait = state.withLock { $0.arbiter.nextDue }.map { $0.saturatingSubtract(clock.now()) } ?? .max
        return MachineClock.monotonic() + max(0, min(clock.machineTime(for: wait), 1_000_000_000))
    }

    private func takeReports() {
        for report in reports.take() {
            let document = (try? JSONReader.parse(report.payload)) ?? .text(String(decoding: report.payload, as: UTF8.self))
            state.withLock { state in
                let now = Self.time(&state, clock)
                state.arbiter.advance(to: now)
                state.arbiter.report(report.topic, document, now: now)
            }
        }
    }

    /// Carries out effects until nothing more follows from them.
    private func carryOut(_ first: [CommandEffect], _ flushes: [OneShot<Bool>]) {
        var effects = first
        var events: [CommandEvent] = []
        var isDurable = true
        var isFirst = true
        while !effects.isEmpty || isFirst {
            isDurable = remember(effects, isDurable: isFirst) && isDurable
            if isFirst { for flush in flushes { flush.settle(isDurable) } }
            isFirst = false
            events += effects.compactMap { if case .tell(let event) = $0 { event } else { nil } }
            dispatch(effects.compactMap { if case .dispatch(let number) = $0 { number } else { nil } })
            stopWatching(effects.compactMap { if case .stopWatching(let topic) = $0 { topic } else { nil } })
            effects = state.withLock { $0.arbiter.takeEffects() }
        }
        guard !events.isEmpty else { return }
        tell(events)
    }

    /// Writes what devices are held and blocked. The first time it is on the disk before the devices hear of anything.
    private func remember(_ effects: [CommandEffect], isDurable: Bool) -> Bool {
        guard let journal else { return true }
        var devices: [String] = []
        var seen: Set<String> = []
        for case .remember(let device) in effects where seen.insert(device).inserted { devices.append(device) }
        var isDryRun: Bool?
        for case .rememberDryRun(let isOn) in effects { isDryRun = isOn }
        let entries = state.withLock { state in devices.map { ($0, KeptDevice(state.arbiter, $0)) } }
        guard !entries.isEmpty || isDryRun != nil else { return true }
        do throws(HostFiles.Failure) {
            try journal.append(entries, isDryRun: isDryRun, isDurable: isDurable)
            return true
        } catch {
            logger.error("what devices are held and blocked can't be written, until that succeeds it ends with the host: \(error)")
            return false
        }
    }

    /// Forgets topics on which no command expects a report any more.
    private func stopWatching(_ topics: [String]) {
        guard !topics.isEmpty else { return }
        // Under the lock, so that no command begins to expect one between the question and the forgetting.
        state.withLock { state in
            for topic in topics where state.arbiter.expecting[topic] == nil { reports.forget(topic) }
        }
    }

    /// Publishes commands that still have their devices.
    private func dispatch(_ numbers: [UInt64]) {
        guard !numbers.isEmpty else { return }
        let commands = state.withLock { state in
            let commands = numbers.compactMap { state.arbiter.beginDispatch($0) }
            for command in commands {
                guard let topic = command.request.confirmation?.topic else { continue }
                state.arbiter.expectReport(command.number)
                reports.await(topic)
            }
            return commands
        }
        let taken = OutgoingBatch(commands.map { .init(topic: $0.request.topic, payload: CommandMessage.payload(of: $0), isRetained: false) })
            .publish(to: databus)
        state.withLock { state in
            let now = Self.time(&state, clock)
            for (index, command) in commands.enumerated() {
                if index < taken {
                    state.arbiter.dispatched(command.number, now: now)
                } else {
                    state.arbiter.dispatchFailed(command.number, "the databus was full and did not take it", now: now)
                }
            }
        }
    }
}

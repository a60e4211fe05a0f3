internal import CPluginAPI
internal import Logging
internal import Synchronization

/// One instance of a service on its thread, from `create` to `destroy`.
///
/// The thread serves, in this order and one at a time: commands of its life, requests, timers that are due, the health check, and a
/// batch of messages.
final class ServiceWorker: @unchecked Sendable {
    // @unchecked: `instance` and the members under "the service's thread" are used by that thread alone after it has started;
    // everything else is a constant or guards itself.

    let context: ServiceContext
    /// Those of the instance before, where one takes the place of another: set by its thread before anybody else sees the worker.
    private(set) var mailbox: Mailbox
    private(set) var link: SubscriptionLink
    let calls: CallClock
    let board: StatusBoard
    let signal: WorkSignal
    /// Batches whose points are not durable yet.
    private(set) var unsettled: UnsettledBatches
    let instance: any ServiceInstance
    /// What follows on the loss of an instance, if it can be lost.
    let aftercare: Aftercare?
    private let inbox = Mutex<[Work]>([])
    /// For `hasWork`: whether the inbox has something.
    private let inboxCount = Atomic<Int>(0)
    private let threadEnded = Atomic<Bool>(false)
    private let isAbandoned = Atomic<Bool>(false)

    // The service's thread's.
    var isServing = false
    private var isEnded = false
    /// The instance was created, and is to be configured and started.
    var isCreated = false
    var nextHealthCheck: Int64 = 0
    /// A batch that the service could not process for now and gets again.
    var held: HeldBatch?
    /// The instance is lost and comes back at this monotonic time (ns).
    var revival: Int64?
    /// Times that this worker's instance was started anew.
    let revivals = Atomic<Int>(0)
    /// Topic of the last message that the instance was given.
    let lastTopic = LastTopic()
    /// The callback that was under way when the instance was lost.
    var lostInside = Callback.none

    struct HeldBatch: Sendable {
        let claim: Mailbox.Claim
        let attempts: Int
        /// Monotonic ns.
        let notBefore: Int64
        /// The instance was lost in it: its messages are given again one by one, to find the one that does it.
        var isSuspect = false
    }

    let healthInterval: Int64
    /// Where messages wait that do not fit into the mailbox, if the manifest says `overflow: spill`.
    let spillFolder: String

    /// What others ask the thread to do.
    enum Work {
        /// Creates the instance, unless that is done, configures it, lets it load a state, and starts it.
        case begin(Inheritance, @Sendable (BeginOutcome) -> Void)
        case prepare(@Sendable (BeginOutcome) -> Void)
        case discard(@Sendable () -> Void)
        case handOver(drainUntil: Int64, @Sendable (HandedOver) -> Void)
        case validate(@Sendable (ServiceFault?, Callback) -> Void)
        /// Ends an instance that nobody waits for any more, and that took over mailbox and session: they are another's again.
        case leave
        case serve
        case request(WaitingRequest)
        case end(drainUntil: Int64, @Sendable (ServiceFault?) -> Void)
    }

    init(
        context: ServiceContext, board: StatusBoard, healthInterval: Duration = .seconds(5), aftercare: Aftercare? = nil,
        flight: FlightSlot? = nil, spillFolder: String = "", makeInstance: (ServiceContext) -> any ServiceInstance
    ) {
        self.context = context
        self.healthInterval = healthInterval.nanoseconds
        self.board = board
        self.aftercare = aftercare
        calls = CallClock(flight: flight)
        self.spillFolder = spillFolder
        signal = context.signal
        instance = makeInstance(context)
        link = SubscriptionLink()
        unsettled = UnsettledBatches()
        mailbox = Mailbox(
            limits: context.manifest.queue, clock: context.bridges.clock, signal: context.signal, counters: context.counters)
    }

    /// Starts the thread; false if the system has none to give.
    func startThread() -> Bool { ServiceThread.start(name: context.manifest.service) { self.run() } }

    /// Requests that waited here until their deadline passed stay until the thread comes by: so many of them may.
    static let inboxLimit = 4_096

    /// Whether the thread is so far behind that it takes no more requests.
    var isOverloaded: Bool { inboxCount.load(ordering: .relaxed) >= Self.inboxLimit }

    func post(_ work: Work) {
        inbox.withLock { inbox in
            inbox.append(work)
            inboxCount.store(inbox.count, ordering: .releasing)
        }
        signal.wake()
    }

    /// Whether the thread has come to its end: a service that hangs keeps it.
    var hasEnded: Bool { threadEnded.load(ordering: .acquiring) }

    /// Says that nobody waits for this instance any more: it no longer speaks for the service's state.
    func abandon() { isAbandoned.store(true, ordering: .releasing) }

    func move(to state: ServiceState, _ detail: String = "") {
        if !isAbandoned.load(ordering: .acquiring) { board.move(to: state, detail) }
    }

    private func run() {
        context.adoptThread()
        defer { threadEnded.store(true, ordering: .releasing) }
        while !isEnded {
            for work in takeInbox() where !isEnded { perform(work) }
            guard !isEnded else { break }
            recover()
            if isServing {
                serveTimers()
                serveOutcomes()
                serveHealth()
                serveUnsettled()
                if serveMessages() { continue }
            }
            let due = isServing ? machineDeadline() : revival
            signal.sleep(until: due) {
                inboxCount.load(ordering: .acquiring) > 0
                    || (isServing && (hasDeliverableMessages || !context.outcomes.isEmpty || timerChanged(due) || instance.loss != nil))
            }
        }
    }

    private func takeInbox() -> [Work] {
        guard inboxCount.load(ordering: .acquiring) > 0 else { return [] }
        return inbox.withLock { inbox in
            inboxCount.store(0, ordering: .relaxed)
            defer { inbox.removeAll() }
            return inbox
        }
    }

    private func perform(_ work: Work) {
        switch work {
        case .begin(let inheritance, let done): begin(inheritance, done)
        case .validate(let done): validate(done)
        case .prepare(let done): prepare(done)
        case .discard(let done): discard(done)
        case .handOver(let drainUntil, let done): handOver(drainUntil: drainUntil, done)
        case .leave: leave()
        case .serve: serve()
        case .request(let request): serve(request)
        case .end(let drainUntil, let done): end(drainUntil: drainUntil, done)
        }
    }

    func serve() {
        isServing = true
        mailbox.wake(signal)
        nextHealthCheck = MachineClock.monotonic() + healthInterval
    }

    private func begin(_ inheritance: Inheritance, _ done: @Sendable (BeginOutcome) -> Void) {
        if let left = inheritance.left {
            (link, unsettled) = (left.link, left.unsettled)
            if inheritance.keepsMailbox { (mailbox, held) = (left.mailbox, left.held) }
        }
        var step = Callback.create
        do throws(ServiceFault) {
            if inheritance.left == nil || !inheritance.keepsMailbox { try openSpill() }
            if !isCreated { try inside(.create) { () throws(ServiceFault) in try instance.create() } }
            isCreated = true
            step = .configure
            context.enter(.active)
            context.bridges.commands?.attach(context.manifest, context.outcomes)
            try inside(.configure) { () throws(ServiceFault) in try instance.configure(validateOnly: false) }
            move(to: .configured)
            if let state = inheritance.state {
                step = .loadState
                try inside(.loadState) { () throws(ServiceFault) in try instance.loadState(state) }
            }
            step = .start
            move(to: .starting)
            try inside(.start) { () throws(ServiceFault) in try instance.start() }
            done(BeginOutcome(fault: nil, step: .start, stateVersions: instance.stateVersions))
        } catch {
            // A service that could not be started is not stopped, only freed; one that could not be created not even that. Of one in
            // another process something is left to be let go in any case.
            // A mailbox that it took over is another's again.
            finish(destroying: isCreated || context.manifest.isolation != .inProcess, leavingMailbox: inheritance.left != nil && inheritance.keepsMailbox)
            done(BeginOutcome(fault: error, step: step))
        }
    }

    private func validate(_ done: @Sendable (ServiceFault?, Callback) -> Void) {
        prepare { done($0.fault, $0.step) }
        if !isEnded { finish() }
    }

    func finish(destroying: Bool = true, leavingMailbox: Bool = false) {
        isServing = false
        isEnded = true
        if !leavingMailbox { mailbox.spill?.close() }
        context.finish()
        guard destroying else { return }
        let wasLost = instance.loss != nil
        try? inside(.destroy) { () throws(ServiceFault) in instance.destroy() }
        if !wasLost, instance.loss != nil { lostInside = .destroy }
    }

    private func end(drainUntil: Int64, _ done: @Sendable (ServiceFault?) -> Void) {
        noticeLoss()
        if instance.loss != nil {
            abandonMessages()
            finish()
            return done(nil)
        }
        // What waits is worked off first, then the service may finish what it has begun.
        while MachineClock.monotonic() < drainUntil {
            if serveMessages() { continue }
            guard let held, instance.loss == nil else { break }
            signal.sleep(until: min(held.notBefore, drainUntil)) { false }
        }
        abandonMessages()
        var fault: ServiceFault?
        let clock = context.bridges.clock
        let deadline = clock.now().saturatingAdd(clock.serviceTime(for: max(0, drainUntil - MachineClock.monotonic())))
        do throws(ServiceFault) {
            try inside(.drain) { () throws(ServiceFault) in try instance.drain(deadline: deadline) }
        } catch {
            fault = error
        }
        // The acknowledgements of the last batches should leave before the session ends; what doesn't comes again.
        unsettled.wait(until: max(drainUntil, MachineClock.monotonic() + 1_000_000))
        do throws(ServiceFault) {
            try inside(.stop) { () throws(ServiceFault) in try instance.stop() }
        } catch {
            fault = error
        }
        finish()
        if let loss = instance.loss { noteLossAtEnd(loss) }
        done(fault)
    }

    /// Counts what the deadline of the drain leaves over; a kept session delivers it again only where it was not acknowledged. What is
    /// spilled stays on the disk.
    private func abandonMessages() {
        while let claim = held?.claim ?? mailbox.claimMemory() {
            held = nil
            if claim.segment.spilled != nil { continue }
            context.counters.dropped.wrappingAdd(UInt64(claim.range.count) + claim.dropped, ordering: .relaxed)
            mailbox.finish(claim)
        }
    }

    /// Runs a callback under the watchdog.
    @inline(__always)
    func inside<Result>(_ callback: Callback, _ body: () throws(ServiceFault) -> Result) throws(ServiceFault) -> Result {
        calls.enter(callback)
        defer { if calls.leave() { board.complain(.overstay, nil) } }
        do {
            return try body()
        } catch {
            if lostInside == .none, instance.loss != nil { lostInside = callback }
            throw error
        }
    }
}

extension ServiceWorker {
    private var hasDeliverableMessages: Bool { held == nil && mailbox.hasMessages }

    private func machineDeadline() -> Int64? {
        let own = min(nextHealthCheck, held?.notBefore ?? mailbox.nextAttempt ?? .max, unsettled.nextAttempt ?? .max)
        guard let timer = context.timers.earliest else { return own }
        let clock = context.bridges.clock
        let wait = clock.machineTime(for: timer.saturatingSubtract(clock.monotonic()))
        return min(own, MachineClock.monotonic() + max(0, min(wait, healthInterval)))
    }

    /// Whether a timer was set to an earlier time than what the thread is about to sleep until.
    private func timerChanged(_ due: Int64?) -> Bool {
        guard let due, let now = machineDeadline() else { return false }
        return now < due - 1_000_000
    }

    private func serveTimers() {
        // What is due now, each once: a timer whose call takes longer than its period doesn't keep messages away.
        let now = context.bridges.clock.monotonic()
        while let timer = context.timers.takeDue(at: now) {
            do throws(ServiceFault) {
                try inside(.onTimer) { () throws(ServiceFault) in try instance.timer(timer, now: context.bridges.clock.now()) }
            } catch {
                note(error, .onTimer)
            }
        }
    }

    private func serveHealth() {
        let now = MachineClock.monotonic()
        guard now >= nextHealthCheck else { return }
        nextHealthCheck = now + healthInterval
        let sentence = try? inside(.health) { () throws(ServiceFault) in instance.checkHealth() }
        if lostInside == .none, instance.loss != nil { lostInside = .health }
        board.complain(.health, sentence ?? nil)
    }

    /// Hands one batch to the service; false if no message waits, or the batch at the head has to wait.
    private func serveMessages() -> Bool {
        if held?.isSuspect == true { return serveSuspect() }
        guard let (claim, attempts) = nextBatch() else { return false }
        if mailbox.takeRoomAnnouncement() { link.ready() }
        if let last = claim.range.last { lastTopic.note(claim.segment.messages[last]) }
        var batch = dsotp_message_batch(
            size: UInt32(MemoryLayout<dsotp_message_batch>.size), count: UInt32(claim.range.count),
            stride: UInt64(MemoryLayout<dsotp_message>.stride), messages: claim.segment.messages + claim.range.lowerBound,
            dropped: claim.dropped)
        do throws(ServiceFault) {
            try inside(.onMessages) { () throws(ServiceFault) in try instance.process(&batch) }
            context.counters.processed.wrappingAdd(UInt64(claim.range.count), ordering: .relaxed)
            if attempts > 0 { board.complain(.retrying, nil) }
            settle(claim)
        } catch {
            note(error, .onMessages)
            if instance.loss != nil {
                suspect(claim)
                return false
            }
            if error.isRetryable {
                hold(claim, attempts: attempts + 1, error)
                return false
            }
            if attempts > 0 { board.complain(.retrying, nil) }
            giveUp(claim)
        }
        mailbox.finish(claim)
        return true
    }

    /// Puts the messages of a batch that the service can't process, and that wait to be acknowledged, where a person finds them, and
    /// acknowledges them: sent again they would fail again. What the databus has no room for now is tried again later.
    func giveUp(_ claim: Mailbox.Claim) {
        for index in claim.range where claim.segment.tokens[index] != MailboxSegment.noToken {
            give(PoisonTopic.Letter(claim.segment.messages[index], token: claim.segment.tokens[index]))
        }
    }

    private func give(_ letter: PoisonTopic.Letter) {
        guard PoisonTopic.publish(letter, of: context) else { return unsettled.keep(letter) }
        link.acknowledge([letter.token])
    }

    private func nextBatch() -> (Mailbox.Claim, attempts: Int)? {
        guard let waiting = held else { return mailbox.claim().map { ($0, 0) } }
        guard MachineClock.monotonic() >= waiting.notBefore else { return nil }
        held = nil
        return (waiting.claim, waiting.attempts)
    }

    /// Keeps a batch that failed for now at the head: it is given again, marked as possibly delivered before, so that order holds and
    /// nothing is lost while what the service needs is away.
    func hold(_ claim: Mailbox.Claim, attempts: Int, isSuspect: Bool = false, _ fault: ServiceFault) {
        for index in claim.range { claim.segment.messages[index].duplicate = 1 }
        let pause = Backoff.delay(attempt: attempts, first: .milliseconds(10), longest: .seconds(1))
        held = HeldBatch(
            claim: claim, attempts: attempts, notBefore: MachineClock.monotonic() + pause.nanoseconds, isSuspect: isSuspect)
        board.complain(.retrying, "on_messages could not process a batch, which is tried again: \(fault)")
    }

    /// Acknowledges the messages of a batch that wait for it, once the points written until now are durable.
    func settle(_ claim: Mailbox.Claim) {
        var tokens: [UInt64] = []
        for index in claim.range where claim.segment.tokens[index] != MailboxSegment.noToken { tokens.append(claim.segment.tokens[index]) }
        guard !tokens.isEmpty else { return }
        let ticket = context.latestTicket.load(ordering: .acquiring)
        guard ticket > 0 else { return link.acknowledge(tokens) }
        unsettled.begin()
        acknowledge(UnsettledBatches.Batch(ticket: ticket, tokens: tokens))
    }

    /// Acknowledges a batch once its points are durable; if they can't be made so now, they may be later: it is asked again.
    private func acknowledge(_ batch: UnsettledBatches.Batch) {
        context.bridges.timeSeries.whenDurable(batch.ticket) { [link, context, unsettled, board] error in
            guard let error else {
                link.acknowledge(batch.tokens)
                unsettled.end()
                if !unsettled.hasFailures { board.complain(.storing, nil) }
                return
            }
            context.counters.errors.wrappingAdd(1, ordering: .relaxed)
            unsettled.failed(batch)
            board.complain(.storing, "messages wait to be acknowledged, their points could not be made durable yet: \(error)")
        }
    }

    /// Asks again, once a second, about batches whose points could not be made durable, and gives up again what found no room.
    private func serveUnsettled() {
        let due = unsettled.takeDue(at: MachineClock.monotonic())
        for batch in due.failed { acknowledge(batch) }
        for letter in due.letters { give(letter) }
    }

    private func serve(_ waiting: WaitingRequest) {
        // Its deadline may have passed or its client gone while it waited here.
        guard context.requests.isWaiting(waiting.identifier) else { return }
        guard isServing else {
            context.requests.answer(waiting.identifier, .problem(503, "the service does not run"))
            return
        }
        do throws(ServiceFault) {
            try waiting.lend { request throws(ServiceFault) in
                try inside(.onRequest) { () throws(ServiceFault) in try instance.answer(request) }
            }
        } catch {
            note(error, .onRequest)
            context.requests.answer(waiting.identifier, WaitingRequest.response(for: error))
        }
    }

    func note(_ fault: ServiceFault, _ callback: Callback) {
        context.counters.errors.wrappingAdd(1, ordering: .relaxed)
        context.log.write(.warning, "\(callback.word) failed: \(fault)", [:])
    }
}

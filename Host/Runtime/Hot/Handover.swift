internal import Synchronization

/// What one instance of a service leaves to the next: the messages that wait, the session that they come from, and what is not
/// acknowledged yet. Nothing of it stops while instances change.
struct Handover: Sendable {
    let mailbox: Mailbox
    let link: SubscriptionLink
    let unsettled: UnsettledBatches
    /// A batch that was to be given again.
    var held: ServiceWorker.HeldBatch?
}

/// What an instance begins with.
struct Inheritance: Sendable {
    /// What an instance before it left.
    var left: Handover?
    /// Whether it goes on with the mailbox of the instance before; else it has one of its own, into which the messages are taken later.
    var keepsMailbox = true
    var state: SavedState?
}

/// How an instance ended that makes room for another.
struct HandedOver: Sendable {
    let left: Handover
    /// What it saved; `nil` if it offers no state, was lost, or failed to save.
    let state: SavedState?
    /// Why there is no state although it offers one.
    let saveFault: ServiceFault?
    /// How it ended otherwise.
    let endFault: ServiceFault?
}

/// How the first steps of an instance went.
struct BeginOutcome: Sendable {
    let fault: ServiceFault?
    /// The step that failed, or the last one.
    let step: Callback
    /// The versions of a state that it loads.
    var stateVersions: ClosedRange<UInt32>?
}

extension ServiceWorker {
    /// Creates the instance and lets it check its configuration, and leaves it at that: another one still works.
    func prepare(_ done: @Sendable (BeginOutcome) -> Void) {
        var step = Callback.create
        do throws(ServiceFault) {
            try inside(.create) { () throws(ServiceFault) in try instance.create() }
            isCreated = true
            step = .configure
            context.enter(.checking)
            try inside(.configure) { () throws(ServiceFault) in try instance.configure(validateOnly: true) }
            context.enter(.silent)
            done(BeginOutcome(fault: nil, step: .configure, stateVersions: instance.stateVersions))
        } catch {
            finish(destroying: step != .create || context.manifest.isolation != .inProcess)
            done(BeginOutcome(fault: error, step: step))
        }
    }

    /// Ends an instance that was prepared and is not wanted.
    func discard(_ done: @Sendable () -> Void) {
        finish(destroying: isCreated)
        done()
    }

    /// Ends the instance for another to take its place: what waits is left in the mailbox.
    func handOver(drainUntil: Int64, _ done: @Sendable (HandedOver) -> Void) {
        noticeLoss()
        var (state, saveFault, endFault): (SavedState?, ServiceFault?, ServiceFault?)
        if instance.loss == nil {
            let clock = context.bridges.clock
            let deadline = clock.now().saturatingAdd(clock.serviceTime(for: max(0, drainUntil - MachineClock.monotonic())))
            endFault = fault(.drain) { () throws(ServiceFault) in try instance.drain(deadline: deadline) }
            if instance.stateVersions != nil {
                saveFault = fault(.saveState) { () throws(ServiceFault) in state = try instance.saveState() }
            }
            endFault = fault(.stop) { () throws(ServiceFault) in try instance.stop() } ?? endFault
        }
        let left = Handover(mailbox: mailbox, link: link, unsettled: unsettled, held: held)
        held = nil
        finish(leavingMailbox: true)
        if let loss = instance.loss { noteLossAtEnd(loss) }
        done(HandedOver(left: left, state: state, saveFault: saveFault, endFault: endFault))
    }

    /// Ends the instance without touching what it took over.
    func leave() {
        held = nil
        if let fault = fault(.stop, { () throws(ServiceFault) in try instance.stop() }) { note(fault, .stop) }
        finish(leavingMailbox: true)
    }

    private func fault(_ callback: Callback, _ body: () throws(ServiceFault) -> Void) -> ServiceFault? {
        do throws(ServiceFault) {
            try inside(callback, body)
            return nil
        } catch {
            return error
        }
    }
}

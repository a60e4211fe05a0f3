internal import Synchronization

/// What services command, over `dsotp.command/1`.
extension CommandDesk {
    /// An instance of a service begins to work: it is told what becomes of its commands.
    func attach(_ manifest: ServiceManifest, _ outcomes: OutcomeQueue) {
        state.withLock { state in
            state.outcomes[manifest.service] = outcomes
            state.whenStopped[manifest.service] = manifest.commands?.whenStopped
        }
    }

    /// The instance works no more, if it is still the one that is told.
    func detach(_ service: String, _ outcomes: OutcomeQueue) {
        state.withLock { if $0.outcomes[service] === outcomes { $0.outcomes[service] = nil } }
    }

    /// A service has ended, whatever the reason: what it has not published is taken back, and its devices are freed or kept as its
    /// manifest says.
    func ended(_ service: String) {
        decide { state, now in
            guard let whenStopped = state.whenStopped.removeValue(forKey: service) else { return }
            state.arbiter.release(.service(service), keepsHolds: whenStopped == .keep, now: now)
        }
    }

    /// Decides about the commands of a service, one after another.
    func submit(_ requests: [CommandRequest], of manifest: ServiceManifest, _ permissions: CommandPermissions) -> [CommandDecision] {
        decide { state, now in
            let monotonic = clock.monotonic()
            var rate = state.rates[manifest.service] ?? CommandRate(permissions, now: monotonic)
            defer { state.rates[manifest.service] = rate }
            return requests.map { request in
                guard rate.take(permissions, now: monotonic) else {
                    let period = Quantities.describe(nanoseconds: permissions.ratePeriod)
                    let sentence = "the service commands faster than 'rate' of commands grants (expected at most \(permissions.rate) in \(period))"
                    return CommandDecision(number: 0, isAccepted: false, isRetryable: true, sentence: sentence)
                }
                if let sentence = permissions.refusal(of: request) { return state.arbiter.refuse(request, sentence, now: now) }
                var request = request
                request.isDryRun = request.isDryRun || permissions.isDryRun
                return state.arbiter.submit(request, now: now)
            }
        }
    }

    func renew(_ number: UInt64, of service: String, hold: Int64) -> Bool {
        decide { state, now in state.arbiter.renew(number, of: .service(service), hold: hold, now: now) }
    }

    func cancel(_ number: UInt64, of service: String) -> Bool {
        decide { state, now in state.arbiter.cancel(number, of: .service(service), by: .service(service), now: now) != nil }
    }

    /// Who holds a device, how many wait, and who blocked it.
    func device(_ name: String) -> (holder: Command?, waiting: Int, lock: DeviceLock?) {
        state.withLock { state in
            let slot = state.arbiter.slots[name]
            return (slot?.holder.flatMap { state.arbiter.active[$0] }, slot?.waiting.count ?? 0, slot?.lock)
        }
    }
}

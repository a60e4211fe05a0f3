/// What a holder does.
extension Lease {
    /// Claims the next term; it counts once it is acknowledged. A term is at least the second of the day's time in which it is claimed, so that
    /// terms grow even where all who knew the last one are gone.
    mutating func claim(_ now: Int64) {
        highestTerm = max(highestTerm + 1, UInt64(max(0, (now + timeOfDay) / 1_000_000_000)))
        term = highestTerm
        sequence = 1
        sent = [Sent(sequence: sequence, time: now)]
        publish(.held)
        phase = .claiming(sent: now)
    }

    mutating func publish(_ state: LeaseHeartbeat.State) {
        actions.append(.publish(LeaseHeartbeat(host: host, run: run, term: term, sequence: sequence, ttl: timing.ttl, state: state)))
    }

    /// The broker has accepted a heartbeat, which counts from when it was sent, if that is not too long ago.
    mutating func acknowledged(_ number: UInt64, _ now: Int64) {
        if case .saying(_, number) = phase { return retreat(now) }
        guard let index = sent.firstIndex(where: { $0.sequence == number }) else { return }
        let time = sent[index].time
        sent.removeFirst(index + 1)
        switch phase {
        case .claiming:
            guard now - time < timing.stopAfter else { return retreat(now) }
            validFrom = time
            nextRenewal = time + timing.renewal
            phase = .holding
            actions.append(.fence(until: validFrom + timing.fenceAfter))
            actions.append(.begin(term: term))
        case .holding, .releasing:
            guard now - validFrom < timing.stopAfter, time > validFrom else { return }
            validFrom = time
            actions.append(.fence(until: validFrom + timing.fenceAfter))
        default: break
        }
    }

    /// Renews in time, finds the session again, or gives up in time.
    mutating func keep(_ now: Int64) {
        guard now - validFrom < timing.stopAfter else { return give(up: .lapsed) }
        if phase == .holding, !isOffered {
            phase = .releasing
            actions.append(.end(.released))
        }
        switch session {
        case .open:
            guard now >= nextRenewal else { return }
            nextRenewal = now + timing.renewal
            sequence += 1
            sent.append(Sent(sequence: sequence, time: now))
            publish(.held)
        case .lost:
            if isWatching, now >= notBefore { session = .doubted(probe: probe()) }
        case .doubted:
            if !isWatching { session = .lost }
        case .opening(let since):
            if now - since > timing.renewal {
                actions.append(.closeSession)
                session = .lost
            }
        }
    }

    /// Holds it no more: nothing leaves any longer, and the services end.
    mutating func give(up end: LeaseEnd) {
        if session != .lost { actions.append(.closeSession) }
        session = .lost
        sent = []
        phase = .ending
        actions.append(.fence(until: .min))
        actions.append(.end(end))
    }
}

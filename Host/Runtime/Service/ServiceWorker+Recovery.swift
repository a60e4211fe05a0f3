internal import CPluginAPI
internal import Glibc
internal import Logging
internal import Synchronization

/// What a worker does about the loss of its instance. Mailbox, subscription and what is not acknowledged stay as they are; all of this
/// runs on the service's thread.
extension ServiceWorker {
    /// Notices a loss, and brings the instance back when it is time.
    func recover() {
        noticeLoss()
        if let revival, MachineClock.monotonic() >= revival { revive() }
    }

    func noticeLoss() {
        if isServing, let loss = instance.loss { lose(loss) }
    }

    /// Times that the instance was started anew. Any thread may ask.
    var revivalCount: Int { revivals.load(ordering: .relaxed) }

    private func lose(_ loss: RunnerEnd) {
        isServing = false
        context.enter(.silent)
        context.timers.removeAll()
        context.requests.answerAll(.problem(503, "the process of the service '\(context.manifest.service)' has ended"))
        let circumstances = circumstances
        lostInside = .none
        follow(aftercare?.ended(loss, circumstances))
        // Last, so that no request finds a service that runs and has no routes.
        context.routes.removeAll()
    }

    private var circumstances: Aftercare.Circumstances {
        Aftercare.Circumstances(
            callback: lostInside == .none ? "" : lostInside.word, lastTopic: lastTopic.text, restarts: revivalCount, backtrace: instance.backtrace)
    }

    /// Records that the instance was lost while it was to end anyway.
    func noteLossAtEnd(_ loss: RunnerEnd) {
        aftercare?.record(loss, circumstances)
        lostInside = .none
    }

    private func follow(_ verdict: Aftercare.Verdict?) {
        switch verdict {
        case .restart(let delay, let sentence):
            revival = MachineClock.monotonic() + delay.nanoseconds
            move(to: .backoff, sentence)
        case .rest(let sentence):
            revival = nil
            move(to: .quarantined, sentence)
            aftercare?.rest(sentence)
        case nil:
            revival = nil
            move(to: .failed, "its process has ended")
        }
    }

    private func revive() {
        revival = nil
        revivals.wrappingAdd(1, ordering: .relaxed)
        // What is left of the one that was lost.
        instance.destroy()
        var step = Callback.create
        do throws(ServiceFault) {
            move(to: .starting)
            try inside(.create) { () throws(ServiceFault) in try instance.create() }
            step = .configure
            context.enter(.active)
            context.bridges.commands?.attach(context.manifest, context.outcomes)
            try inside(.configure) { () throws(ServiceFault) in try instance.configure(validateOnly: false) }
            step = .start
            try inside(.start) { () throws(ServiceFault) in try instance.start() }
            move(to: .running)
            serve()
        } catch {
            note(error, step)
            if let loss = instance.loss { return lose(loss) }
            instance.destroy()
            context.enter(.silent)
            follow(aftercare?.failed("\(step.word) failed: \(error)"))
        }
    }

    /// Keeps a batch in which the instance was lost, for giving its messages again one by one.
    func suspect(_ claim: Mailbox.Claim) {
        for index in claim.range { claim.segment.messages[index].duplicate = 1 }
        if let first = claim.range.first { lastTopic.note(claim.segment.messages[first]) }
        held = HeldBatch(claim: claim, attempts: 0, notBefore: 0, isSuspect: true)
    }

    /// Gives the next suspect message alone. One that ends the instance again is poison: it goes to a topic of its own and is passed over.
    func serveSuspect() -> Bool {
        guard let batch = held, MachineClock.monotonic() >= batch.notBefore, let index = batch.claim.range.first else { return false }
        held = nil
        let claim = Mailbox.Claim(segment: batch.claim.segment, range: index..<index + 1, dropped: batch.claim.dropped)
        let rest = Mailbox.Claim(segment: batch.claim.segment, range: index + 1..<batch.claim.range.upperBound, dropped: 0)
        lastTopic.note(claim.segment.messages[index])
        var given = dsotp_message_batch(
            size: UInt32(MemoryLayout<dsotp_message_batch>.size), count: 1, stride: UInt64(MemoryLayout<dsotp_message>.stride),
            messages: claim.segment.messages + index, dropped: claim.dropped)
        var isLost = false
        do throws(ServiceFault) {
            try inside(.onMessages) { () throws(ServiceFault) in try instance.process(&given) }
            context.counters.processed.wrappingAdd(1, ordering: .relaxed)
            settle(claim)
        } catch {
            note(error, .onMessages)
            if let loss = instance.loss {
                if loss.wasKilledFromOutside {
                    // That says nothing against the message.
                    held = HeldBatch(claim: batch.claim, attempts: batch.attempts, notBefore: 0, isSuspect: true)
                    return false
                }
                // Recorded before anybody hears of the message.
                noticeLoss()
                poison(claim, loss)
                isLost = true
            } else if error.isRetryable {
                hold(batch.claim, attempts: batch.attempts + 1, isSuspect: true, error)
                return false
            } else {
                giveUp(claim)
            }
        }
        if batch.attempts > 0 { board.complain(.retrying, nil) }
        if rest.range.isEmpty {
            mailbox.finish(rest)
        } else {
            held = HeldBatch(claim: rest, attempts: 0, notBefore: 0, isSuspect: true)
        }
        return !isLost
    }

    /// Publishes a message that ended the instance twice to `poison/<topic>`, with what is known, and acknowledges it: it must not come
    /// back for ever.
    private func poison(_ claim: Mailbox.Claim, _ loss: RunnerEnd) {
        let message = claim.segment.messages[claim.range.lowerBound]
        let lastTopic = lastTopic.text
        let payload = UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count))
        let letter = ConfigValue.object([
            .init(key: "service", value: .text(context.manifest.service)), .init(key: "topic", value: .text(lastTopic)),
            .init(key: "time", value: .text(TimeOfDay.text(context.bridges.clock.now()))), .init(key: "reason", value: .text(loss.description)),
            .init(key: "payload_base64", value: .text(Base64.encode(payload))),
        ])
        let topic = UnsafeRawBufferPointer(start: message.topic.data, count: Int(message.topic.count))
        var json = letter.json
        let isKept = json.withUTF8 { PoisonTopic.publish(UnsafeRawBufferPointer($0), from: topic, of: context) }
        let token = claim.segment.tokens[claim.range.lowerBound]
        let place = String(decoding: PoisonTopic.topic(for: topic), as: UTF8.self)
        let fate =
            if isKept {
                "it is on \(place) and passed over"
            } else if token != MailboxSegment.noToken {
                "it is passed over, and goes to \(place) as it was once the databus has room"
            } else {
                "it is passed over; the databus was too full to keep it on \(place)"
            }
        context.log.host(.error, "a message on \(lastTopic) ended the service's process twice: \(fate)")
        guard isKept else { return giveUp(claim) }
        if token != MailboxSegment.noToken { link.acknowledge([token]) }
    }
}

internal import Databus
internal import Recording
internal import Topics

/// Publishes a recording to a databus.
struct Replayer: Sendable {
    /// How fast: a factor, or as fast as the databus takes it.
    enum Speed: Hashable, Sendable {
        case times(Double)
        case maximum

        /// `1`, `10`, `0.5` or `max`.
        init?(_ text: String) {
            if text == "max" {
                self = .maximum
            } else if let factor = Double(text), factor > 0, factor.isFinite {
                self = .times(factor)
            } else {
                return nil
            }
        }
    }

    /// Topics that begin with `from` begin with `to` instead.
    struct Rewrite: Hashable, Sendable {
        let from: String
        let to: String

        /// `from=to`.
        init?(_ text: String) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            (from, to) = (parts[0], parts[1])
        }
    }

    let path: String
    let options: MQTTClientOptions
    var speed = Speed.times(1)
    /// How often it is played; 0: until it is stopped.
    var passes = 1
    /// What is played; nil for all.
    var filters: [TopicFilter]?
    var rewrites: [Rewrite] = []
    /// QoS of all messages; nil for that of the recording.
    var qos: UInt8?
    /// The member of JSON payloads whose time is moved to that of the replay; nil for none.
    var shiftedMember: String?

    /// - Returns: how many messages were published, and acknowledged where they asked for that.
    /// - Throws: `DatabusError` for a connection that can't be had or is lost; ``RecordingError``.
    func run(until stop: StopFlag) async throws -> Int {
        let client = try await MQTTClient.connect(options)
        var published = 0
        var pass = 0
        while !stop.isSet, passes == 0 || pass < passes {
            let before = published
            published += try await play(client, until: stop)
            pass += 1
            if published == before { break }
        }
        try await client.acknowledged()
        await client.disconnect()
        return published
    }

    private func play(_ client: MQTTClient, until stop: StopFlag) async throws -> Int {
        let reader = try RecordingReader(path)
        let clock = ContinuousClock()
        let start = clock.now
        var first: Int64?
        var published = 0
        var batch = PublicationBatch()
        while let block = try reader.next() {
            for message in block {
                guard !stop.isSet else { return published }
                guard isWanted(message.topic) else { continue }
                let origin = first ?? message.time
                first = origin
                if case .times(let factor) = speed {
                    let due = start.advanced(by: .nanoseconds(Int64(Double(message.time - origin) / factor)))
                    if due > clock.now {
                        try await publish(&batch, client)
                        // In steps, so that a long silence can be ended.
                        while clock.now < due, !stop.isSet { try? await clock.sleep(until: min(due, clock.now.advanced(by: .milliseconds(200)))) }
                    }
                }
                try append(message, began: reader.began, to: &batch)
                published += 1
                if batch.count >= 1_000 || batch.byteCount > 1 << 20 { try await publish(&batch, client) }
            }
        }
        try await publish(&batch, client)
        return published
    }

    private func publish(_ batch: inout PublicationBatch, _ client: MQTTClient) async throws {
        guard !batch.isEmpty else { return }
        try await client.publish(batch)
        batch.removeAll()
    }

    private func append(_ message: RecordedMessage, began: Int64, to batch: inout PublicationBatch) throws {
        var payload = message.payload
        if let shiftedMember {
            let shift = wallClockNanoseconds() - (began + message.time)
            payload = TimeShift(member: shiftedMember, nanoseconds: shift).applied(to: payload)
        }
        try batch.append(topic: rewritten(message.topic), payload: payload, qos: qos ?? message.qos, retain: message.isRetained)
    }

    private func isWanted(_ topic: String) -> Bool {
        guard let filters else { return true }
        var topic = topic
        return topic.withUTF8 { bytes in filters.contains { $0.matches(UnsafeRawBufferPointer(bytes)) } }
    }

    private func rewritten(_ topic: String) -> String {
        guard let rewrite = rewrites.first(where: { topic.hasPrefix($0.from) }) else { return topic }
        return rewrite.to + topic.dropFirst(rewrite.from.count)
    }
}

internal import Synchronization

/// Compares what a shadow sends out with what the running one does.
///
/// Points are matched by series and time. Messages are matched by topic and content, within a window: each takes the first equal one
/// of the other side, or else the first among the oldest ``WaitingOutputs/comparedLimit`` that means the same. What found none when the window has passed is paired in order as different, or counted as missing (the running
/// one alone sent it) or extra (the shadow alone).
final class ShadowComparison: Sendable {
    enum Side { case running, shadow }

    /// How long the one may be behind the other, ns.
    static let window: Int64 = 5_000_000_000
    /// Outputs of one topic or series and side that wait for their match.
    static let waitingLimit = 4_096
    /// Topics and series that are told apart; further ones are counted together.
    static let keyLimit = 10_000
    static let differenceLimit = 20

    /// Bytes of all outputs that wait, over all topics and series; what does not fit is not compared.
    static let bytesLimit = 64 << 20

    private struct Entry {
        var counts = ShadowReport.Counts()
        var running = WaitingOutputs()
        var shadow = WaitingOutputs()
        /// Something that did not fit may be the match of what waits, and of what comes until then (monotonic ns).
        var isBlindUntil = Int64.min
    }

    private struct State {
        var entries: [ShadowReport.Key: Entry] = [:]
        var differences: [ShadowReport.Difference] = []
        /// Of all outputs that wait.
        var bytes = 0
        /// When what waits under other keys may be looked through for room again (monotonic ns).
        var nextSweep = Int64.min
    }

    private let state = Mutex(State())
    private let rule: OutputRule
    private let clock: any ServiceClock
    private let begun: Int64

    init(policy: UpgradePolicy, clock: any ServiceClock) {
        rule = OutputRule(tolerance: policy.tolerance, ignore: Set(policy.ignore))
        self.clock = clock
        begun = clock.now()
    }

    /// Messages that one side published.
    func record(_ messages: UnsafeBufferPointer<OutgoingMessage>, from side: Side) {
        let now = clock.monotonic()
        for message in messages {
            let key = ShadowReport.Key(kind: .topic, name: String(decoding: message.topic, as: UTF8.self))
            record(.message(rule.reading(Array(message.payload))), under: key, from: side, at: now)
        }
    }

    /// Points that one side wrote, with the names of their columns.
    func record(_ points: PointBuffers, names: [String], from side: Side) {
        let now = clock.monotonic()
        for index in names.indices {
            let point = ShadowOutput.point(time: points.times[index], value: points.values.value(at: index))
            record(point, under: ShadowReport.Key(kind: .series, name: names[index]), from: side, at: now)
        }
    }

    func record(_ output: ShadowOutput, under key: ShadowReport.Key, from side: Side, at now: Int64) {
        state.withLock { state in
            let key = state.entries[key] != nil || state.entries.count < Self.keyLimit ? key : ShadowReport.Key(kind: key.kind, name: "(others)")
            var entry = state.entries.removeValue(forKey: key) ?? Entry()
            expire(&entry, key, before: now - Self.window, &state)
            match(output, &entry, key, side, now, &state)
            state.entries[key] = entry
        }
    }

    private func match(_ output: ShadowOutput, _ entry: inout Entry, _ key: ShadowReport.Key, _ side: Side, _ now: Int64, _ state: inout State) {
        if let other = side == .running ? entry.shadow.take(for: output, rule) : entry.running.take(for: output, rule) {
            state.bytes -= other.output.footprint
            let pair = side == .running ? (output, other.output) : (other.output, output)
            if rule.areEqual(pair.0, pair.1) {
                entry.counts.equal += 1
            } else {
                entry.counts.different += 1
                note(key, pair.0, pair.1, &state.differences)
            }
            return
        }
        if state.bytes + output.footprint > Self.bytesLimit, now >= state.nextSweep {
            state.nextSweep = now + 1_000_000_000
            expire(Array(state.entries.keys), before: now - Self.window, &state)
        }
        guard state.bytes + output.footprint <= Self.bytesLimit else {
            entry.counts.notCompared += 1
            entry.isBlindUntil = now + Self.window
            return
        }
        state.bytes += output.footprint
        let waiting = WaitingOutputs.Waiting(output: output, time: now)
        if side == .running { entry.running.append(waiting) } else { entry.shadow.append(waiting) }
        if max(entry.running.count, entry.shadow.count) > Self.waitingLimit { expire(&entry, key, before: now, &state, atMost: 1) }
    }

    private func expire(_ keys: [ShadowReport.Key], before limit: Int64, _ state: inout State) {
        for key in keys {
            guard var entry = state.entries.removeValue(forKey: key) else { continue }
            expire(&entry, key, before: limit, &state)
            state.entries[key] = entry
        }
    }

    /// Gives up waiting for what came before a time.
    private func expire(_ entry: inout Entry, _ key: ShadowReport.Key, before limit: Int64, _ state: inout State, atMost count: Int = .max) {
        var left = count
        while left > 0 {
            let (running, shadow) = (entry.running.first, entry.shadow.first)
            let isLate = (running.map { $0.time <= limit } ?? false, shadow.map { $0.time <= limit } ?? false)
            guard isLate.0 || isLate.1 else { return }
            left -= 1
            let isPaired = key.kind == .topic && running != nil && shadow != nil
            let given = (isPaired || isLate.0 ? entry.running.removeFirst() : nil, isPaired || !isLate.0 ? entry.shadow.removeFirst() : nil)
            let outputs = [given.0, given.1].compactMap(\.self)
            state.bytes -= outputs.reduce(0) { $0 + $1.output.footprint }
            guard outputs.allSatisfy({ $0.time > entry.isBlindUntil }) else {
                entry.counts.notCompared += outputs.count
                continue
            }
            if isPaired { entry.counts.different += 1 } else if isLate.0 { entry.counts.missing += 1 } else { entry.counts.extra += 1 }
            note(key, given.0?.output, given.1?.output, &state.differences)
        }
    }

    private func note(_ key: ShadowReport.Key, _ running: ShadowOutput?, _ shadow: ShadowOutput?, _ differences: inout [ShadowReport.Difference]) {
        guard differences.count < Self.differenceLimit else { return }
        differences.append(
            ShadowReport.Difference(key: key, time: clock.now(), running: running?.shown, shadow: shadow?.shown))
    }

    /// What was found so far; what waits for its match within the window is not counted yet.
    var report: ShadowReport {
        let now = clock.monotonic()
        return state.withLock { state in
            let keys = state.entries.keys.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
            expire(keys, before: now - Self.window, &state)
            let counts = state.entries.sorted { ($0.key.kind.rawValue, $0.key.name) < ($1.key.kind.rawValue, $1.key.name) }
            return ShadowReport(
                since: begun, outputs: counts.map { (key: $0.key, counts: $0.value.counts, waiting: $0.value.running.count + $0.value.shadow.count) },
                differences: state.differences)
        }
    }
}

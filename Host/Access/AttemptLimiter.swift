/// Slows down guessing: after some failures of one user from one address, each further failure doubles the time in which attempts of
/// that pair are refused without being looked at. Bounded: when full, the pair that was idle longest is forgotten.
///
/// Not thread-safe: the owner guards it. Times are milliseconds of a monotonic clock.
struct AttemptLimiter: Sendable {
    private struct Pair: Hashable {
        let user: String
        let address: String
    }
    private struct Record {
        var failures = 0
        var blockedUntil: Int64 = 0
        var lastSeen: Int64 = 0
    }

    private var records: [Pair: Record] = [:]
    private let capacity: Int
    private let freeFailures = 5
    private let longestBlock: Int64 = 60_000
    private let forgetAfter: Int64 = 15 * 60_000

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { records.count }

    /// The seconds (at least one) to wait, or nil when the attempt may go on. An admitted attempt counts as a failure until
    /// `succeeded` says otherwise, so that many attempts at once do not slip through.
    mutating func admit(user: String, address: String, now: Int64) -> Int? {
        let pair = Pair(user: user, address: address)
        var record = records[pair] ?? Record()
        if now - record.lastSeen > forgetAfter { record = Record() }
        if now < record.blockedUntil { return Int((record.blockedUntil - now + 999) / 1000) }
        record.failures += 1
        record.lastSeen = now
        if record.failures >= freeFailures {
            let doublings = min(record.failures - freeFailures, 6)
            record.blockedUntil = now + min(longestBlock, 1000 << Int64(doublings))
        }
        makeRoom(for: pair)
        records[pair] = record
        return nil
    }

    /// The attempt's password was right: forget the failures.
    mutating func succeeded(user: String, address: String) {
        records[Pair(user: user, address: address)] = nil
    }

    private mutating func makeRoom(for pair: Pair) {
        guard records[pair] == nil, records.count >= capacity else { return }
        // A quarter at a time, so that a flood of names costs one sort per many attempts.
        let oldest = records.sorted { $0.value.lastSeen < $1.value.lastSeen }.prefix(max(1, capacity / 4))
        for (pair, _) in oldest { records[pair] = nil }
    }
}

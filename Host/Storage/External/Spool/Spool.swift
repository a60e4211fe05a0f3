/// The records that are on this disk and not for certain on the engine's, in the order of writing. Part of the store's state: touched under its
/// lock only.
///
/// A record is *unsent*, then *sent* when the engine has taken it, then *settled* when it has had the time to put it on its disk. Sent
/// records become unsent again when the engine may have been restarted.
struct Spool {
    /// A record and where it is.
    struct Entry {
        let record: SpoolRecord
        let file: SpoolFile
        /// Of the points, behind the header.
        let position: Int64
        /// When it came (monotonic ns); 0 for one of an earlier run.
        var since: UInt64 = 0
    }

    /// All that are not settled, oldest first; `first` of them are gone already.
    private var entries: [Entry] = []
    private var first = 0
    /// How many of the entries, counted from the front of the array, are sent.
    private var sent = 0
    /// When sent entries were sent (monotonic ns), as runs: everything before `end` of the array was sent by then.
    private var sentRuns: [(end: Int, at: UInt64)] = []
    /// Files with their sizes, oldest first; the last one is written.
    private(set) var files: [(file: SpoolFile, bytes: Int64)] = []
    private(set) var bytes: Int64 = 0
    private(set) var unsentPoints = 0
    /// The number of the next record.
    private(set) var nextSequence: UInt64 = 1

    var unsentRecords: Int { entries.count - sent }

    /// Since when the oldest record that is not sent waits, as ``Entry/since``; `nil` if there is none.
    var waitingSince: UInt64? { sent < entries.count ? entries[sent].since : nil }

    /// When the oldest record that is not sent was written (wall clock, which may have been set since), or `nil`.
    var oldestUnsent: Int64? { sent < entries.count ? entries[sent].record.writtenAt : nil }

    /// The last record that is settled.
    var settledSequence: UInt64 { first < entries.count ? entries[first].record.sequence - 1 : nextSequence - 1 }

    /// All that are not settled.
    var unsettled: ArraySlice<Entry> { entries[first...] }

    /// The next records to send: at least one, and no more than so many points unless the first has more.
    func nextToSend(points: Int) -> [Entry] {
        var result: [Entry] = []
        var count = 0
        for entry in entries[sent...] {
            count += entry.record.points
            if !result.isEmpty, count > points { break }
            result.append(entry)
        }
        return result
    }

    mutating func add(_ file: SpoolFile, bytes: Int64) {
        files.append((file, bytes))
        self.bytes += bytes
    }

    /// Notes a record that is on the disk, in the last file.
    mutating func append(_ entry: Entry) {
        entries.append(entry)
        unsentPoints += entry.record.points
        nextSequence = max(nextSequence, entry.record.sequence + 1)
    }

    /// Notes that the last file has grown.
    mutating func grow(by count: Int64) {
        guard let last = files.indices.last else { return }
        files[last].bytes += count
        bytes += count
    }

    mutating func startNumbering(at sequence: UInt64) { nextSequence = max(nextSequence, sequence) }

    mutating func markSent(_ count: Int, at time: UInt64) {
        for entry in entries[sent..<sent + count] { unsentPoints -= entry.record.points }
        sent += count
        sentRuns.append((sent, time))
    }

    /// Makes sent records that are not settled unsent; gives how many points they have.
    mutating func rewind() -> Int {
        let points = entries[first..<sent].reduce(0) { $0 + $1.record.points }
        unsentPoints += points
        sent = first
        sentRuns.removeAll()
        return points
    }

    /// Settles what was sent before `time`, and lets go of files without other records; those are to be removed.
    ///
    /// The last file is kept: the committer may be writing it.
    mutating func settle(sentBefore time: UInt64) -> [SpoolFile] {
        var settled = first
        while let run = sentRuns.first, run.at <= time {
            settled = run.end
            sentRuns.removeFirst()
        }
        first = settled
        let needed = first < entries.count ? entries[first].file.number : UInt64.max
        var removed: [SpoolFile] = []
        while let oldest = files.first, oldest.file.number < needed, files.count > 1 {
            removed.append(oldest.file)
            bytes -= oldest.bytes
            files.removeFirst()
        }
        compact()
        return removed
    }

    /// When the next sent record may be settled, in the clock of `markSent`.
    var nextSettling: UInt64? { sentRuns.first?.at }

    /// Cuts the array when most of it is settled.
    private mutating func compact() {
        guard first > 256, first > entries.count / 2 else { return }
        entries.removeFirst(first)
        sent -= first
        sentRuns = sentRuns.map { ($0.end - first, $0.at) }
        first = 0
    }
}

/// A span of point time of one database, kept in a folder of its own. Touched under the lock of the store's state, but for
/// the constants and for `files`, which belong to the committer.
final class Shard {
    /// Which span it is, counted from 1970.
    let index: Int64
    let times: ClosedRange<Int64>
    let folder: String
    let files: ShardFiles

    var heads: [Head] = []
    /// In the order of sealing.
    var sealed: [SealedBlock] = []
    var sealedPoints = 0
    /// Monotonic time (ns) since when `sealed` waits.
    var sealedSince: UInt64 = 0
    /// Monotonic time (ns) of the last commit.
    var lastCommit: UInt64 = 0
    /// The journal rows that are still needed, with their sizes.
    private(set) var journalRows: [(row: Int64, bytes: Int)] = []
    private(set) var journalBytes = 0
    /// Whether there is a chunk file to read.
    var hasChunks: Bool
    /// Whether everything is in chunks and no memory is held.
    var isResting: Bool { heads.isEmpty && sealed.isEmpty }

    init(index: Int64, seconds: Int64, folder: String, damage: DamageLog, journalPages: Int?) {
        self.index = index
        times = ShardName.times(index: index, seconds: seconds)
        self.folder = folder
        files = ShardFiles(folder: folder, damage: damage, journalPages: journalPages)
        hasChunks = files.hasChunks
    }

    /// The first journal row that is still needed.
    var firstNeededRow: Int64? {
        var first: Int64?
        for head in heads { if let row = head.firstRow { first = min(first ?? row, row) } }
        for block in sealed { first = min(first ?? block.firstRow, block.firstRow) }
        return first
    }

    func addJournalRow(_ row: Int64, bytes: Int) {
        journalRows.append((row, bytes))
        journalBytes += bytes
    }

    /// Lets go of the rows that nothing needs any more; the next commit removes them from the file.
    func dropUnneededRows() {
        let needed = firstNeededRow ?? Int64.max
        let count = journalRows.prefix { $0.row < needed }.count
        journalBytes -= journalRows.prefix(count).reduce(0) { $0 + $1.bytes }
        journalRows.removeFirst(count)
    }

    /// Forgets which points stand in the journal, because it was lost; they have to be written again.
    func forgetJournal() {
        journalRows = []
        journalBytes = 0
        for head in heads {
            head.journalled = 0
            head.firstRow = nil
        }
    }
}

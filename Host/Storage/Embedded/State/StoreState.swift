/// What the store holds in memory, under one lock.
struct StoreState {
    /// Somebody who waits for a ticket.
    struct Waiter {
        let sequence: UInt64
        let body: @Sendable (StorageError?) -> Void
    }

    /// Work for the committer, which alone writes files.
    struct Request {
        enum Kind { case create, drop }
        let kind: Kind
        let database: String
        let reply: @Sendable (StorageError?) -> Void
    }

    var databases: [String: Database] = [:]
    /// By column number; `nil` where the database was dropped. The first place is never used.
    private(set) var columns: [Column?] = [nil]
    /// Columns that there are.
    private(set) var columnCount = 0
    /// By column number too.
    private(set) var hot: [HotSlot] = [HotSlot()]
    var nextDatabaseID: Int64 = 1

    /// Heads with points that stand in no journal yet.
    var listed: [Head] = []
    /// Columns that the catalogue file does not know yet.
    var newColumns: [Column] = []
    var pendingPoints = 0
    /// Bytes of their texts.
    var pendingTextBytes = 0
    /// Monotonic time (ns) since when something waits for a commit.
    var pendingSince: UInt64 = 0

    var accepted: UInt64 = 0
    var durable: UInt64 = 0
    var waiters: [Waiter] = []
    var requests: [Request] = []
    /// Why the last commit failed; `nil` if it did not.
    var failure: StorageError?
    /// Monotonic time (ns) before which a failed commit is only tried again if somebody waits.
    var retryAt: UInt64 = 0
    var nextMaintenance: UInt64 = 0
    var isClosing = false

    var pointsWritten: UInt64 = 0
    var pointsRefused: UInt64 = 0
    var commits: UInt64 = 0
    var failedCommits: UInt64 = 0

    var hasPending: Bool { !listed.isEmpty || !newColumns.isEmpty }

    @inline(__always)
    func column(_ rawValue: UInt64) -> Column? {
        guard rawValue < UInt64(columns.count) else { return nil }
        return columns[Int(rawValue)]
    }

    /// Makes places for columns with numbers below a limit.
    mutating func reserve(columns limit: Int) {
        let missing = max(0, limit - columns.count)
        columns += [Column?](repeating: nil, count: missing)
        hot += [HotSlot](repeating: HotSlot(), count: missing)
    }

    /// Takes a column in at its number.
    mutating func insert(_ column: Column) {
        let place = Int(column.id)
        reserve(columns: place + 1)
        if columns[place] == nil { columnCount += 1 }
        columns[place] = column
        hot[place] = HotSlot(type: column.type.rawValue)
        column.database.insert(column)
    }

    mutating func removeColumns(where isGone: (Column) -> Bool) {
        for place in columns.indices {
            guard let column = columns[place], isGone(column) else { continue }
            hot[place] = HotSlot()
            columns[place] = nil
            columnCount -= 1
            column.heads = []
        }
    }

    /// Lets writers of a column find a head without looking further.
    mutating func heat(_ head: Head) { hot[Int(head.column.id)].set(head) }

    /// Lets go of a head that holds nothing any more.
    mutating func drop(_ head: Head) {
        hot[Int(head.column.id)].clear()
        head.column.heads.removeAll { $0 === head }
    }

    /// Notes that there is something to commit; `true` if the committer has to be told.
    mutating func notePending() -> Bool {
        guard pendingSince == 0 else { return false }
        pendingSince = monotonicNanoseconds()
        return true
    }

    /// Counts the texts that wait anew, after some of them reached the disk or were dropped.
    mutating func recountTexts() {
        guard pendingTextBytes > 0 else { return }
        pendingTextBytes = listed.reduce(0) { $0 + $1.pendingTextBytes }
    }

    mutating func list(_ head: Head) {
        guard !head.isListed else { return }
        head.isListed = true
        listed.append(head)
    }
}

/// What a writer needs of a column, side by side in one array: the way of a point touches no reference count.
struct HotSlot {
    /// The raw value of the column's ``FieldType``; 0 where there is no column.
    private(set) var type: UInt8 = 0
    private(set) var earliest = Int64.max
    private(set) var latest = Int64.min
    /// Kept alive by its column; ``StoreState/drop(_:)`` clears it.
    private(set) var head: Unmanaged<Head>?

    init(type: UInt8 = 0) { self.type = type }

    mutating func set(_ head: Head) {
        earliest = head.earliest
        latest = head.latest
        self.head = Unmanaged.passUnretained(head)
    }

    mutating func clear() { self = HotSlot(type: type) }
}

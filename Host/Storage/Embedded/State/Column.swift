/// A column in memory. Touched under the lock of the store's state only.
final class Column {
    let id: Int64
    let identity: ColumnIdentity
    let type: FieldType
    unowned let database: Database

    /// Heads by shard; nearly always one.
    var heads: [Head] = []
    /// The newest point known among those that are in no head.
    private var sealedNewest: StoredPoint?
    /// Whether the disk was asked for the newest point too.
    var lastIsComplete: Bool

    init(id: Int64, identity: ColumnIdentity, type: FieldType, database: Database, isNew: Bool) {
        self.id = id
        self.identity = identity
        self.type = type
        self.database = database
        lastIsComplete = isNew
    }

    var description: ColumnDescription {
        ColumnDescription(handle: ColumnHandle(rawValue: UInt64(id)), identity: identity, type: type)
    }

    /// The head of the shard that holds `time`, if there is one.
    func head(at time: Int64) -> Head? { heads.first { $0.holds(time) } }

    /// The newest point known, of equal times the one written last.
    var newest: StoredPoint? {
        var newest = sealedNewest
        for head in heads {
            guard let point = head.points.newest(type: type), point.time >= newest?.time ?? Int64.min else { continue }
            newest = point
        }
        return newest
    }

    /// Notes the newest of points that leave a head.
    func noteSealed(_ points: PointBlock) {
        guard let point = points.newest(type: type), point.time >= sealedNewest?.time ?? Int64.min else { return }
        sealedNewest = point
    }

    /// Notes the newest point on disk; one of the same time that is known already was written later.
    func noteStored(_ points: PointBlock) {
        guard let point = points.newest(type: type) else { return }
        if let known = sealedNewest, known.time >= point.time { return }
        sealedNewest = point
    }
}

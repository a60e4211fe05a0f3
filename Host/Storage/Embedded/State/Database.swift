/// A database in memory. Touched under the lock of the store's state only.
final class Database {
    let row: CatalogueFile.DatabaseRow
    let folder: String
    var measurements: [String: Measurement] = [:]
    /// By index.
    var shards: [Int64: Shard] = [:]

    init(row: CatalogueFile.DatabaseRow, storeFolder: String) {
        self.row = row
        folder = storeFolder + "/" + row.folder
    }

    func shardIndex(of time: Int64) -> Int64 { ShardName.index(of: time, seconds: row.shardSeconds) }

    /// Shards that overlap a span of time, oldest first.
    func shards(from: Int64, through: Int64) -> [Shard] {
        shards.values.filter { $0.times.lowerBound <= through && $0.times.upperBound >= from }.sorted { $0.index < $1.index }
    }

    func insert(_ column: Column) {
        let identity = column.identity
        measurements[identity.measurement, default: Measurement()].fields[identity.field] = column.type
        measurements[identity.measurement, default: Measurement()].series[identity.tags, default: [:]][identity.field] = column
    }
}

struct Measurement {
    var fields: [String: FieldType] = [:]
    /// Columns by field, by tags.
    var series: [[Tag]: [String: Column]] = [:]
}

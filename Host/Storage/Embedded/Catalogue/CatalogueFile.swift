/// The file that says which databases, measurements, fields, series and columns there are. Used by the committer only.
final class CatalogueFile {
    struct DatabaseRow {
        let id: Int64
        let name: String
        let folder: String
        let shardSeconds: Int64
    }

    struct ColumnRow {
        let id: Int64
        let databaseID: Int64
        let measurement: String
        let tags: [Tag]
        let field: String
        let type: FieldType
    }

    private let connection: SQLiteConnection
    private let insertField: SQLiteStatement
    private let insertSeries: SQLiteStatement
    private let insertColumn: SQLiteStatement

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path)
        try connection.define(Self.schema)
        insertField = try connection.prepare(
            "INSERT OR IGNORE INTO field (database_id, measurement, name, type) VALUES (?, ?, ?, ?)")
        insertSeries = try connection.prepare("INSERT OR IGNORE INTO series (database_id, measurement, tags) VALUES (?, ?, ?)")
        insertColumn = try connection.prepare(
            """
            INSERT INTO point_column (id, series_id, field_id) VALUES (?1,
                (SELECT id FROM series WHERE database_id = ?2 AND measurement = ?3 AND tags = ?4),
                (SELECT id FROM field WHERE database_id = ?2 AND measurement = ?3 AND name = ?5))
            """)
    }

    func databases() throws(SQLiteError) -> [DatabaseRow] {
        let select = try connection.prepare("SELECT id, name, folder, shard_seconds FROM database")
        var rows: [DatabaseRow] = []
        while try select.step() {
            rows.append(
                DatabaseRow(
                    id: select.integer(0), name: select.text(1), folder: select.text(2), shardSeconds: select.integer(3)))
        }
        return rows
    }

    func columns() throws(SQLiteError) -> [ColumnRow] {
        let select = try connection.prepare(
            """
            SELECT c.id, f.database_id, f.measurement, s.tags, f.name, f.type FROM point_column c
            JOIN field f ON f.id = c.field_id JOIN series s ON s.id = c.series_id ORDER BY c.id
            """)
        var rows: [ColumnRow] = []
        while try select.step() {
            guard let type = FieldType(rawValue: UInt8(truncatingIfNeeded: select.integer(5))) else { continue }
            rows.append(
                ColumnRow(
                    id: select.integer(0), databaseID: select.integer(1), measurement: select.text(2),
                    tags: TagText.decode(select.text(3)), field: select.text(4), type: type))
        }
        return rows
    }

    /// The number that a table's next row gets; numbers of removed rows are not used again.
    func nextID(of table: String) throws(SQLiteError) -> Int64 {
        let select = try connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?")
        try select.bind(table, at: 1)
        return try select.step() ? select.integer(0) + 1 : 1
    }

    func add(_ database: DatabaseRow) throws(SQLiteError) {
        let insert = try connection.prepare("INSERT INTO database (id, name, folder, shard_seconds) VALUES (?, ?, ?, ?)")
        try insert.bind(database.id, at: 1)
        try insert.bind(database.name, at: 2)
        try insert.bind(database.folder, at: 3)
        try insert.bind(database.shardSeconds, at: 4)
        try insert.run()
    }

    /// Adds columns with the fields and series that they need, all or none.
    func add(_ columns: [ColumnRow]) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            for column in columns { try add(column) }
        }
    }

    private func add(_ column: ColumnRow) throws(SQLiteError) {
        let tags = TagText.encode(column.tags)
        for statement in [insertField, insertSeries] {
            try statement.bind(column.databaseID, at: 1)
            try statement.bind(column.measurement, at: 2)
        }
        try insertField.bind(column.field, at: 3)
        try insertField.bind(Int64(column.type.rawValue), at: 4)
        try insertField.run()
        try insertSeries.bind(tags, at: 3)
        try insertSeries.run()
        try insertColumn.bind(column.id, at: 1)
        try insertColumn.bind(column.databaseID, at: 2)
        try insertColumn.bind(column.measurement, at: 3)
        try insertColumn.bind(tags, at: 4)
        try insertColumn.bind(column.field, at: 5)
        try insertColumn.run()
    }

    /// Forgets a database and notes that its folder is to be removed.
    func remove(_ database: DatabaseRow) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            let id = database.id
            try connection.execute(
                """
                DELETE FROM point_column WHERE field_id IN (SELECT id FROM field WHERE database_id = \(id));
                DELETE FROM series WHERE database_id = \(id);
                DELETE FROM field WHERE database_id = \(id);
                DELETE FROM database WHERE id = \(id)
                """)
            let note = try connection.prepare("INSERT OR IGNORE INTO removed_folder (folder) VALUES (?)")
            try note.bind(database.folder, at: 1)
            try note.run()
        }
    }

    /// Folders of removed databases that may still be there.
    func removedFolders() throws(SQLiteError) -> [String] {
        let select = try connection.prepare("SELECT folder FROM removed_folder")
        var folders: [String] = []
        while try select.step() { folders.append(select.text(0)) }
        return folders
    }

    func forgetRemovedFolder(_ folder: String) throws(SQLiteError) {
        let delete = try connection.prepare("DELETE FROM removed_folder WHERE folder = ?")
        try delete.bind(folder, at: 1)
        try delete.run()
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS database (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, folder TEXT NOT NULL UNIQUE,
            shard_seconds INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS field (
            id INTEGER PRIMARY KEY, database_id INTEGER NOT NULL, measurement TEXT NOT NULL, name TEXT NOT NULL,
            type INTEGER NOT NULL, UNIQUE (database_id, measurement, name));
        CREATE TABLE IF NOT EXISTS series (
            id INTEGER PRIMARY KEY, database_id INTEGER NOT NULL, measurement TEXT NOT NULL, tags TEXT NOT NULL,
            UNIQUE (database_id, measurement, tags));
        CREATE TABLE IF NOT EXISTS point_column (
            id INTEGER PRIMARY KEY AUTOINCREMENT, series_id INTEGER NOT NULL, field_id INTEGER NOT NULL,
            UNIQUE (series_id, field_id));
        CREATE TABLE IF NOT EXISTS removed_folder (folder TEXT PRIMARY KEY) WITHOUT ROWID
        """
}

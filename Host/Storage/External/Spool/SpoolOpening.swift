/// Takes up what a spool folder holds.
struct SpoolOpening {
    let folder: String
    let damage: DamageLog

    func run() throws(StorageError) -> Spool {
        try FileSystem.makeFolder(folder)
        let settled = SettledMark(folder: folder).read()
        var spool = Spool()
        spool.startNumbering(at: settled + 1)
        let numbers = FileSystem.contents(of: folder).compactMap(SpoolFile.number).sorted()
        for number in numbers {
            let file = try SpoolFile(folder: folder, number: number)
            let entries = try entries(of: file, isLast: number == numbers.last)
            spool.add(file, bytes: file.size)
            for entry in entries {
                spool.startNumbering(at: entry.record.sequence + 1)
                if entry.record.sequence > settled { spool.append(entry) }
            }
        }
        return spool
    }

    /// The records of a file. Bytes that are none are passed over up to the next record, as damage; with no record behind them in the last file they are
    /// the torn end of a host that was killed while it wrote, which was never acknowledged, and are cut off.
    private func entries(of file: SpoolFile, isLast: Bool) throws(StorageError) -> [Spool.Entry] {
        var entries: [Spool.Entry] = []
        let size = file.size
        var position: Int64 = 0
        while position < size {
            let failure: DamagedData
            do {
                let entry = try entry(of: file, at: position, size: size)
                entries.append(entry)
                position = entry.position + Int64(entry.record.length)
                continue
            } catch let error as StorageError {
                throw error
            } catch {
                failure = error as? DamagedData ?? DamagedData(description: "\(error)")
            }
            let next = try nextRecord(of: file, after: position, size: size)
            if next == nil, isLast {
                file.truncate(to: position)
            } else {
                damage.damaged("The spool file \(file.path) from byte \(position) to \(next ?? size)", failure)
            }
            position = next ?? size
        }
        return entries
    }

    /// The record at a position. The points of the last one are checked too.
    private func entry(of file: SpoolFile, at position: Int64, size: Int64) throws -> Spool.Entry {
        let record = try decode(try file.read(SpoolRecord.headerBytes, at: position))
        let start = position + Int64(SpoolRecord.headerBytes), end = start + Int64(record.length)
        guard end <= size else { throw DamagedData(description: "the file ends within a record") }
        if end == size { try check(try file.read(record.length, at: start)) }
        return Spool.Entry(record: record, file: file, position: start)
    }

    /// Where the next header is that has a right checksum.
    private func nextRecord(of file: SpoolFile, after position: Int64, size: Int64) throws(StorageError) -> Int64? {
        let rest = try file.read(Int(size - position), at: position)
        return rest.withUnsafeBytes { rest in
            var offset = 1
            while offset + SpoolRecord.headerBytes <= rest.count {
                let header = UnsafeRawBufferPointer(rebasing: rest[offset..<offset + SpoolRecord.headerBytes])
                if SpoolRecord.mayBegin(header), (try? SpoolRecord.decode(header)) != nil { return position + Int64(offset) }
                offset += 1
            }
            return nil
        }
    }

    private func decode(_ bytes: [UInt8]) throws(DamagedData) -> SpoolRecord {
        try bytes.withUnsafeBufferPointer { (bytes) throws(DamagedData) in try SpoolRecord.decode(UnsafeRawBufferPointer(bytes)) }
    }

    private func check(_ bytes: [UInt8]) throws(DamagedData) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(DamagedData) in _ = try Checksum.open(UnsafeRawBufferPointer(bytes)) }
    }
}

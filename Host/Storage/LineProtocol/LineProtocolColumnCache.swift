internal import Glibc

/// Remembers the columns of series by the bytes that name them in lines, so that a line of a known series costs one hash and
/// one comparison. The same series written in two ways (its tags in another order) is remembered twice.
///
/// An open-addressing table of series; the columns of a series are a list, searched from where the last search ended,
/// because the fields of a series mostly come in the same order.
struct LineProtocolColumnCache: Sendable {
    private struct Series {
        var hash: UInt64
        var database: Int
        var key: Range<Int>
        /// Positions in `columns`, or -1.
        var firstColumn = -1
        var lastColumn = -1
        var searchStart = -1
    }

    private struct Column {
        var name: Range<Int>
        var type: FieldType
        var handle: ColumnHandle
        /// Position in `columns`, or -1.
        var next = -1
    }

    /// Positions in `series`, or -1; a power of two of them, at most half taken.
    private var slots = [Int32](repeating: -1, count: 64)
    private var series: [Series] = []
    private var columns: [Column] = []
    /// The keys of the series and the names of the fields, as written in lines.
    private var bytes: [UInt8] = []
    private var databases: [String] = []
    private let maximumColumns: Int
    /// Unknown to who chooses the keys, so that nobody can choose keys that collide.
    private let seed = UInt64.random(in: .min ... .max) | 1

    init(maximumColumns: Int) { self.maximumColumns = maximumColumns }

    /// The number by which `series(of:in:)` knows a database; stays valid when the columns are forgotten.
    mutating func number(ofDatabase name: String) -> Int {
        if let number = databases.firstIndex(of: name) { return number }
        databases.append(name)
        return databases.count - 1
    }

    /// Forgets all columns.
    mutating func removeAll() {
        slots = [Int32](repeating: -1, count: 64)
        series.removeAll()
        columns.removeAll()
        bytes.removeAll()
    }

    /// Forgets all columns if there are more than may be remembered. Series found before are no longer valid then.
    mutating func removeAllIfFull() {
        // 256 bytes a column bound the memory of long names, too.
        if columns.count >= maximumColumns || bytes.count >= maximumColumns * 256 { removeAll() }
    }

    /// The series whose measurement and tags are written as `key`.
    func series(of key: UnsafeBufferPointer<UInt8>, in database: Int) -> Int? {
        let hash = hash(of: key, in: database)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let candidate = Int(slots[slot])
            let known = series[candidate]
            if known.hash == hash, known.database == database, bytes.withUnsafeBufferPointer({ Self.isEqual($0, known.key, key) }) {
                return candidate
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Remembers a series that is not known yet.
    mutating func addSeries(of key: UnsafeBufferPointer<UInt8>, in database: Int) -> Int {
        if (series.count + 1) * 2 > slots.count { growSlots() }
        let number = series.count
        series.append(Series(hash: hash(of: key, in: database), database: database, key: append(key)))
        enter(number)
        return number
    }

    /// The column of a series whose field is written as `name`.
    mutating func column(
        of name: UnsafeBufferPointer<UInt8>, in number: Int
    ) -> (handle: ColumnHandle, type: FieldType)? {
        let (first, start) = (series[number].firstColumn, series[number].searchStart)
        // Through pointers, because this is where most of the time of a line with many fields goes.
        let found = bytes.withUnsafeBufferPointer { bytes in
            columns.withUnsafeBufferPointer { columns in Self.search(columns, bytes, for: name, first: first, start: start) }
        }
        guard let found else { return nil }
        series[number].searchStart = found.next >= 0 ? found.next : first
        return (found.handle, found.type)
    }

    /// Goes through the list of columns from `start` to its end and on from `first`, once around.
    private static func search(
        _ columns: UnsafeBufferPointer<Column>, _ bytes: UnsafeBufferPointer<UInt8>, for name: UnsafeBufferPointer<UInt8>,
        first: Int, start: Int
    ) -> Column? {
        var index = start
        while index >= 0 {
            let column = columns[index]
            if isEqual(bytes, column.name, name) { return column }
            index = column.next >= 0 ? column.next : first
            if index == start { break }
        }
        return nil
    }

    /// Remembers a column of a series.
    mutating func addColumn(of name: UnsafeBufferPointer<UInt8>, in number: Int, handle: ColumnHandle, type: FieldType) {
        let column = columns.count
        columns.append(Column(name: append(name), type: type, handle: handle))
        let last = series[number].lastColumn
        if last >= 0 { columns[last].next = column } else { series[number].firstColumn = column }
        series[number].lastColumn = column
        series[number].searchStart = series[number].firstColumn
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: text)
        return start..<bytes.count
    }

    private static func isEqual(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard range.count == text.count, let base = bytes.baseAddress, let other = text.baseAddress else { return false }
        return memcmp(base + range.lowerBound, other, text.count) == 0
    }

    private mutating func growSlots() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for number in series.indices { enter(number) }
    }

    private mutating func enter(_ number: Int) {
        var slot = Int(truncatingIfNeeded: series[number].hash) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(truncatingIfNeeded: number)
    }

    /// Eight bytes at a time, each folded in by a 64 × 64 → 128 bit multiplication.
    private func hash(of key: UnsafeBufferPointer<UInt8>, in database: Int) -> UInt64 {
        let raw = UnsafeRawBufferPointer(key)
        var hash = seed ^ UInt64(truncatingIfNeeded: database &* 0x1_0000 &+ raw.count)
        var index = 0
        while index + 8 <= raw.count {
            hash = Self.fold(hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self), seed)
            index += 8
        }
        var rest: UInt64 = 0
        while index < raw.count {
            rest = rest << 8 | UInt64(raw[index])
            index += 1
        }
        return Self.fold(Self.fold(hash ^ rest, 0x9E37_79B9_7F4A_7C15), seed)
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

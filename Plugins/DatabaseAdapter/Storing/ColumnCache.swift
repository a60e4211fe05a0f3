import PluginAPI

/// What names a column, in the message's memory.
struct ColumnKey {
    var mapping: Int
    var device: UnsafeRawBufferPointer
    var component: UnsafeRawBufferPointer
    var phase: UnsafeRawBufferPointer
    var measurand: UnsafeRawBufferPointer
    var isUncertainty: Bool
}

/// The handles of columns by their names: a hash table over bytes with linear probing, at most half full. A hit neither allocates
/// nor makes a String.
struct ColumnCache {
    private struct Entry {
        var hash: UInt64
        /// Where the key's bytes begin: device, component, phase, measurand.
        var offset: Int
        var lengths: SIMD4<Int32>
        var mapping: Int32
        var isUncertainty: Bool
        var column: Column<Double>
    }

    private var slots = [Int32](repeating: -1, count: 1024)
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// Different in each process, so that nobody can choose names that collide.
    private let seed = UInt64.random(in: 1...UInt64.max)

    var count: Int { entries.count }

    /// The column, nil if it is not known yet.
    func find(_ key: ColumnKey) -> Column<Double>? {
        let hash = hash(key)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if entries[index].hash == hash, matches(index, key) { return entries[index].column }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Adds a column that is not there yet.
    mutating func insert(_ key: ColumnKey, _ column: Column<Double>) {
        if (entries.count + 1) * 2 > slots.count { grow() }
        let parts = [key.device, key.component, key.phase, key.measurand]
        entries.append(
            Entry(
                hash: hash(key), offset: bytes.count,
                lengths: SIMD4(Int32(parts[0].count), Int32(parts[1].count), Int32(parts[2].count), Int32(parts[3].count)),
                mapping: Int32(key.mapping), isUncertainty: key.isUncertainty, column: column))
        for part in parts { bytes.append(contentsOf: part) }
        place(entries.count - 1)
    }

    private mutating func place(_ index: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
        while slots[slot] >= 0 { slot = (slot + 1) & mask }
        slots[slot] = Int32(index)
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for index in entries.indices { place(index) }
    }

    private func matches(_ index: Int, _ key: ColumnKey) -> Bool {
        let entry = entries[index]
        guard entry.mapping == Int32(truncatingIfNeeded: key.mapping), entry.isUncertainty == key.isUncertainty,
            Int(entry.lengths[0]) == key.device.count, Int(entry.lengths[1]) == key.component.count,
            Int(entry.lengths[2]) == key.phase.count, Int(entry.lengths[3]) == key.measurand.count
        else { return false }
        return bytes.withUnsafeBytes { bytes in
            var offset = entry.offset
            return isEqual(bytes, &offset, key.device) && isEqual(bytes, &offset, key.component)
                && isEqual(bytes, &offset, key.phase)
                && isEqual(bytes, &offset, key.measurand)
        }
    }

    private func isEqual(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ part: UnsafeRawBufferPointer) -> Bool {
        let start = offset
        offset += part.count
        var index = 0
        while index + 8 <= part.count {
            guard
                bytes.loadUnaligned(fromByteOffset: start + index, as: UInt64.self)
                    == part.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index += 8
        }
        while index < part.count {
            guard bytes[start + index] == part[index] else { return false }
            index += 1
        }
        return true
    }

    private func hash(_ key: ColumnKey) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: key.mapping * 2 + (key.isUncertainty ? 1 : 0))
        mix(&hash, key.device)
        mix(&hash, key.component)
        mix(&hash, key.phase)
        mix(&hash, key.measurand)
        return hash ^ hash >> 32
    }

    /// Multiplies eight bytes at a time into the hash and folds the 128-bit product, as wyhash does.
    private func mix(_ hash: inout UInt64, _ part: UnsafeRawBufferPointer) {
        var index = 0
        while index + 8 <= part.count {
            fold(&hash, part.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var last: UInt64 = 0
        while index < part.count {
            last = last << 8 | UInt64(part[index])
            index += 1
        }
        fold(&hash, last ^ UInt64(part.count) << 56)
    }

    private func fold(_ hash: inout UInt64, _ word: UInt64) {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        hash = product.high ^ product.low ^ seed
    }
}

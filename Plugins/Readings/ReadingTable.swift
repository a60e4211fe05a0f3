/// What tells readings apart, in the message's memory: the names of the reading, and a number of whoever uses the table.
@frozen
public struct ReadingKey {
    /// The mapping that took the message, for example.
    public var variant: Int
    public var device: UnsafeRawBufferPointer
    public var component: UnsafeRawBufferPointer
    public var phase: UnsafeRawBufferPointer
    public var measurand: UnsafeRawBufferPointer

    @inlinable
    public init(
        variant: Int, device: UnsafeRawBufferPointer, component: UnsafeRawBufferPointer, phase: UnsafeRawBufferPointer,
        measurand: UnsafeRawBufferPointer
    ) {
        self.variant = variant
        self.device = device
        self.component = component
        self.phase = phase
        self.measurand = measurand
    }

    /// The names of a reading.
    @inlinable
    public init(_ reading: NamedReading, variant: Int = 0) {
        self.init(
            variant: variant, device: reading.device, component: reading.component, phase: reading.phase, measurand: reading.measurand)
    }
}

/// Values by the names of readings: a hash table over bytes with linear probing, at most half full. A hit neither allocates nor makes
/// a String.
public struct ReadingTable<Value> {
    @usableFromInline struct Entry {
        @usableFromInline var hash: UInt64
        /// Where the key's bytes begin: device, component, phase, measurand.
        @usableFromInline var offset: Int
        @usableFromInline var lengths: SIMD4<Int32>
        @usableFromInline var variant: Int32
        @usableFromInline var value: Value

        @usableFromInline init(hash: UInt64, offset: Int, lengths: SIMD4<Int32>, variant: Int32, value: Value) {
            self.hash = hash
            self.offset = offset
            self.lengths = lengths
            self.variant = variant
            self.value = value
        }
    }

    @usableFromInline var slots = [Int32](repeating: -1, count: 1024)
    @usableFromInline var entries: [Entry] = []
    @usableFromInline var bytes: [UInt8] = []
    /// Different in each process, so that nobody can choose names that collide.
    @usableFromInline let seed = UInt64.random(in: 1...UInt64.max)

    public init() {}

    public var count: Int { entries.count }

    /// The value of a key, nil if there is none yet.
    @inlinable
    public func find(_ key: ReadingKey) -> Value? {
        let hash = hash(key)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if entries[index].hash == hash, matches(index, key) { return entries[index].value }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Adds a value for a key that is not there yet.
    @inlinable
    public mutating func insert(_ key: ReadingKey, _ value: Value) {
        if (entries.count + 1) * 2 > slots.count { grow() }
        let parts = [key.device, key.component, key.phase, key.measurand]
        entries.append(
            Entry(
                hash: hash(key), offset: bytes.count,
                lengths: SIMD4(Int32(parts[0].count), Int32(parts[1].count), Int32(parts[2].count), Int32(parts[3].count)),
                variant: Int32(key.variant), value: value))
        for part in parts { bytes.append(contentsOf: part) }
        place(entries.count - 1)
    }

    @inlinable
    mutating func place(_ index: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
        while slots[slot] >= 0 { slot = (slot + 1) & mask }
        slots[slot] = Int32(index)
    }

    @inlinable
    mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for index in entries.indices { place(index) }
    }

    @inlinable
    func matches(_ index: Int, _ key: ReadingKey) -> Bool {
        let entry = entries[index]
        guard entry.variant == Int32(truncatingIfNeeded: key.variant),
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

    @inlinable
    func isEqual(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ part: UnsafeRawBufferPointer) -> Bool {
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

    @inlinable
    func hash(_ key: ReadingKey) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: key.variant)
        mix(&hash, key.device)
        mix(&hash, key.component)
        mix(&hash, key.phase)
        mix(&hash, key.measurand)
        return hash ^ hash >> 32
    }

    /// Multiplies eight bytes at a time into the hash and folds the 128-bit product, as wyhash does.
    @inlinable
    func mix(_ hash: inout UInt64, _ part: UnsafeRawBufferPointer) {
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

    @inlinable
    func fold(_ hash: inout UInt64, _ word: UInt64) {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        hash = product.high ^ product.low ^ seed
    }
}

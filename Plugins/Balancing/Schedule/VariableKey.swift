/// What a column or row of the program stands for, so that the basis of the last plan finds its place in the next one.
struct VariableKey: Hashable, Sendable {
    /// Kind, asset and step; never zero.
    let bits: UInt64

    private var kind: UInt64 { bits >> 56 }
    /// What closes a store's equation in a first plan: the energy of a battery, the power of a heater.
    var carriesStore: Bool { kind == Kind.stored.rawValue || kind == Kind.heatPower.rawValue }
    /// The equation of a store.
    var isStorageRow: Bool { kind == Kind.storage.rawValue || kind == Kind.store.rawValue }

    enum Kind: UInt64 {
        // Columns.
        case importing = 1, exporting, curtailed, charge, discharge, stored, mode, taskPower, taskShortfall, taskRunning, heatPower, heat
        case heatMissing, heaterRunning, reduced, overload, peak, above, below, packageStart, packagePower, packageQuanta, window, sectionOverload
        case slotMissing, slotExcess, bandExcess, reserveMissing, newPeak, highestImport
        // Rows.
        case balance = 64, importLimit, exportLimit, peakImport, peakExport, storage, chargeMode, dischargeMode, task, taskLeast, taskMost, store, heaterLeast
        case heaterMost, set, packageOnce, packageLeast, packageMost, packageLevel, section, slot, band, reservePower, reserveEnergy, chargeReservePower
        case chargeReserveEnergy, pastImport, importPeak
    }

    /// - Parameters:
    ///   - asset: number of the asset in the scheduler's register.
    ///   - step: counted from the scheduler's origin, not from the horizon's begin.
    ///   - isSecond: of two that an asset has in a step, such as the upper and the lower side of a limit.
    init(_ kind: Kind, asset: Int = 0, step: Int = 0, isSecond: Bool = false) {
        let place = UInt64(truncatingIfNeeded: asset & 0xFFFF_FFFF) ^ (isSecond ? 0x8000_0000 : 0)
        bits = kind.rawValue << 56 | place << 24 | UInt64(truncatingIfNeeded: step & 0xFF_FFFF)
    }
}

/// Numbers for ids, the same from plan to plan.
struct AssetRegister: Sendable {
    private var numbers: [String: Int] = [:]

    mutating func number(_ id: String) -> Int {
        if let number = numbers[id] { return number }
        numbers[id] = numbers.count + 1
        return numbers.count
    }
}

/// Numbers by keys that are not zero: open addressing, linear probing. A program has tens of thousands of keys, each looked up once a plan.
struct KeyTable: Sendable {
    private var keys: [UInt64]
    private var values: [Int32]
    private let mask: Int

    /// - Parameter capacity: how many keys it will hold at most.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        mask = size - 1
        keys = [UInt64](repeating: 0, count: size)
        values = [Int32](repeating: 0, count: size)
    }

    private func place(of key: UInt64) -> Int {
        // Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, section 6.4.
        var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while keys[place] != 0, keys[place] != key { place = (place + 1) & mask }
        return place
    }

    /// Of a key that comes twice, the last value stays.
    mutating func insert(_ value: Int32, for key: UInt64) {
        let place = place(of: key)
        keys[place] = key
        values[place] = value
    }

    subscript(key: UInt64) -> Int32? {
        let place = place(of: key)
        return keys[place] == key ? values[place] : nil
    }
}

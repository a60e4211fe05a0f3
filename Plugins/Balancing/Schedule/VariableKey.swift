/// What a column or row of the program stands for, so that the basis of the last plan finds its place in the next one.
struct VariableKey: Hashable, Sendable {
    private let bits: UInt64

    private var kind: UInt64 { bits >> 56 }
    /// Energy or heat in a store.
    var isStock: Bool { kind == Kind.stored.rawValue || kind == Kind.heat.rawValue }
    /// The equation of a store.
    var isStorageRow: Bool { kind == Kind.storage.rawValue || kind == Kind.store.rawValue }

    enum Kind: UInt64 {
        // Columns.
        case importing = 1, exporting, curtailed, charge, discharge, stored, mode, taskPower, taskShortfall, taskRunning, heatPower, heat
        case heatMissing, heaterRunning, reduced, overload, peak, above, below, packageStart, packagePower, packageQuanta, window, sectionOverload
        case slotMissing, slotExcess, bandExcess, reserveMissing
        // Rows.
        case balance = 64, importLimit, exportLimit, peakImport, peakExport, storage, chargeMode, dischargeMode, task, taskLeast, taskMost, store, heaterLeast
        case heaterMost, set, packageOnce, packageLeast, packageMost, packageLevel, section, slot, band, reservePower, reserveEnergy, chargeReservePower
        case chargeReserveEnergy
    }

    /// - Parameters:
    ///   - asset: number of the asset in the scheduler's register.
    ///   - step: counted from the scheduler's origin, not from the horizon's begin.
    init(_ kind: Kind, asset: Int = 0, step: Int = 0) {
        bits = kind.rawValue << 56 | UInt64(truncatingIfNeeded: asset & 0xFFFF_FFFF) << 24 | UInt64(truncatingIfNeeded: step & 0xFF_FFFF)
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

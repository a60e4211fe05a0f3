/// How the assets share what they are to draw together.
struct Shares {
    /// What each is to do, kW.
    private(set) var setPoints: [Double]
    /// Sum of what all do now, kW.
    private(set) var measured = 0.0
    /// Room above and below the present, kW.
    private(set) var upKW = 0.0
    private(set) var downKW = 0.0
    /// Whether some asset is outside of what it may do, so that even a small deviation is no reason to rest.
    private(set) var mustMove = false
    private var lower: [Double]
    private var upper: [Double]
    private var base: [Double]
    private var isCurtailable: [Bool]
    private var suspects: [(index: Int, lower: Double, upper: Double, base: Double)] = []

    init(_ assets: [TrackedAsset], _ lastingSeconds: Double) {
        lower = []
        upper = []
        base = []
        isCurtailable = []
        setPoints = []
        lower.reserveCapacity(assets.count)
        upper.reserveCapacity(assets.count)
        base.reserveCapacity(assets.count)
        isCurtailable.reserveCapacity(assets.count)
        setPoints.reserveCapacity(assets.count)
        for asset in assets {
            let band = asset.reachableKW(within: lastingSeconds)
            lower.append(band.lowerBound)
            upper.append(band.upperBound)
            base.append(min(max(asset.scheduledKW, band.lowerBound), band.upperBound))
            isCurtailable.append(asset.isCurtailable)
            setPoints.append(asset.measuredKW)
            measured += asset.measuredKW
            guard asset.isAvailable else { continue }
            upKW += max(0, band.upperBound - asset.measuredKW)
            downKW += max(0, asset.measuredKW - band.lowerBound)
            if !asset.bandKW.contains(asset.measuredKW) { mustMove = true }
        }
    }

    /// An asset that takes no other set-point now.
    mutating func fix(_ index: Int, at power: Double) {
        lower[index] = power
        upper[index] = power
        base[index] = power
    }

    /// An asset that does not do what it was told: the others reckon with what it does, and it is told its share all the same.
    mutating func suspect(_ index: Int, at power: Double) {
        suspects.append((index, lower[index], upper[index], base[index]))
        fix(index, at: power)
    }

    /// An asset that gets no further.
    mutating func narrow(_ index: Int, to reach: ClosedRange<Double>) {
        let low = min(max(lower[index], reach.lowerBound), reach.upperBound), high = max(min(upper[index], reach.upperBound), reach.lowerBound)
        lower[index] = min(low, high)
        upper[index] = max(low, high)
        base[index] = min(max(base[index], lower[index]), upper[index])
    }

    /// Every asset from its base, with a share of the rest by the room it has. Generation is curtailed last, and let go first.
    /// - Returns: what could not be placed, kW.
    mutating func distribute(_ wanted: Double) -> Double {
        var rest = wanted
        for power in base { rest -= power }
        guard isCurtailable.contains(true) else { return share(rest, curtailing: false) }
        let letsGo = rest < 0
        rest = share(rest, curtailing: letsGo)
        return share(rest, curtailing: !letsGo)
    }

    /// Room is used in proportion, so that one round is enough.
    private mutating func share(_ rest: Double, curtailing: Bool) -> Double {
        var room = 0.0
        for index in base.indices where isCurtailable[index] == curtailing { room += rest > 0 ? upper[index] - base[index] : base[index] - lower[index] }
        let part = room > 0 ? min(1, abs(rest) / room) : 0
        for index in base.indices where isCurtailable[index] == curtailing {
            setPoints[index] = base[index] + (rest > 0 ? part * (upper[index] - base[index]) : -part * (base[index] - lower[index]))
        }
        for (index, low, high, power) in suspects where isCurtailable[index] == curtailing {
            setPoints[index] = rest > 0 ? power + part * (high - power) : power - part * (power - low)
        }
        return rest > 0 ? rest - part * room : rest + part * room
    }

    /// Every asset is told what it was told.
    mutating func hold(_ given: [Double]) {
        for index in setPoints.indices { setPoints[index] = min(max(given[index], lower[index]), upper[index]) }
        for (index, low, high, _) in suspects { setPoints[index] = min(max(given[index], low), high) }
    }

    /// Every asset goes back to its schedule, within its ramp.
    mutating func returnToSchedule(_ assets: [TrackedAsset]) { setPoints = base }
}

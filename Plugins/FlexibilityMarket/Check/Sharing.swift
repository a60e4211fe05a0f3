/// Shares a power among resources by what each of them is able to, period after period, as long as the energy of each lasts.
public struct Sharing: Sendable {
    private let rooms: [FeasibilityRule.Room]
    /// What each resource took beyond its baseline so far, kWh.
    private var movedKWh: [Double]

    /// - Parameter rooms: of each resource; those that are missing are unlimited.
    public init(_ rooms: [FeasibilityRule.Room], count: Int) {
        self.rooms = (0..<count).map { rooms.indices.contains($0) ? rooms[$0] : .unlimited }
        movedKWh = [Double](repeating: 0, count: count)
    }

    /// What each resource can do in one direction for some hours, kW, magnitudes.
    ///
    /// - Parameter ranges: deviations that their powers allow, as many as resources.
    public func able(_ isUp: Bool, _ ranges: [ClosedRange<Double>], hours: Double) -> [Double] {
        ranges.indices.map { index in
            let power = max(0, isUp ? ranges[index].upperBound : -ranges[index].lowerBound)
            let room = rooms[index], leftKWh = max(0, isUp ? room.aboveKWh - movedKWh[index] : room.belowKWh + movedKWh[index])
            return min(power, leftKWh / hours)
        }
    }

    /// Gives each resource its part of a power, kW of the same sign, and takes the energy from its room.
    public mutating func share(_ kilowatts: Double, _ ranges: [ClosedRange<Double>], hours: Double) -> [Double] {
        let able = able(kilowatts >= 0, ranges, hours: hours), sum = able.reduce(0, +)
        // Who is able to nothing any more, and was promised all the same, does not do it: nobody else is to be charged with it alone.
        let parts = able.map { kilowatts * (sum > 0 ? $0 / sum : 1 / Double(able.count)) }
        for index in parts.indices { movedKWh[index] += parts[index] * hours }
        return parts
    }
}

internal import Grid

/// Tells how much of a request the grid can bear: the grid check before a request is accepted, and again before it is activated.
///
/// In each interval the request is put on top of every quantile of the forecast, all its nodes in proportion, and the largest part is searched for with
/// which a full power flow keeps every limit. Nothing is linearised; the result is exact to ``toleranceKW``. A limit that the forecast exceeds
/// by itself is none the request has to cure: it may only not make it worse.
public struct CapacityCheck {
    /// The intact grid.
    public let grid: CongestionGrid
    /// What is expected without the request.
    public let forecast: NetLoadForecast
    /// Outages in which the limits have to hold too.
    public let contingencies: [Contingency]
    /// How closely the part that fits is searched for, in kW; a ten-thousandth of the request where that is more.
    public var toleranceKW = 0.001

    /// - Parameter contingencies: `Contingency.single(of:)` for N-1; each costs about as much as the check of the intact grid.
    public init(_ grid: CongestionGrid, forecast: NetLoadForecast, contingencies: [Contingency] = []) {
        self.grid = grid
        self.forecast = forecast
        self.contingencies = contingencies
    }

    /// What of a request fits.
    ///
    /// - Throws: ``CongestionError`` where request, forecast and grid do not fit each other. What does not fit electrically is an answer.
    public func answer(_ request: CapacityRequest) throws(CongestionError) -> CapacityAnswer {
        try request.check(grid, forecast)
        var ends = request.minimumKW.indices.map { interval in
            SearchedInterval(request, interval)
        }
        if let refusal = refusal(request) {
            for interval in ends.indices { (ends[interval].increase.fitting, ends[interval].reduction.fitting) = (0, 0) }
            return CapacityAnswer(intervals: ends.indices.map { told(ends[$0], request, $0) }, refusal: refusal, notes: [])
        }
        var search = try CapacitySearch(grid, forecast, request, toleranceKW: toleranceKW)
        for interval in ends.indices { try search.narrow(&ends[interval], interval: interval) }
        var notes: [String] = []
        for contingency in contingencies {
            do throws(CongestionError) {
                let outage = try CongestionGrid(grid.network, limits: grid.limits, contingency: contingency)
                var search = try CapacitySearch(outage, forecast, request, toleranceKW: toleranceKW)
                for interval in ends.indices { try search.narrow(&ends[interval], interval: interval) }
            } catch {
                guard error.code == .invalidGrid else { throw error }
                notes.append("\(contingency.name): \(error.description)")
            }
        }
        for interval in ends.indices { try search.account(&ends[interval], interval: interval) }
        return CapacityAnswer(intervals: ends.indices.map { told(ends[$0], request, $0) }, refusal: nil, notes: notes)
    }

    private func refusal(_ request: CapacityRequest) -> String? {
        let dead = request.places.filter { $0.share > 0 && !grid.isSupplied(node: $0.node) }
        guard !dead.isEmpty else { return nil }
        let names = dead.prefix(3).map { grid.network.nodes[$0.node].identity.name }.joined(separator: ", ")
        let more = dead.count > 3 ? " and \(dead.count - 3) more" : ""
        return "\(names)\(more) \(dead.count == 1 ? "has" : "have") no closed path to an external grid: nothing of the request can be delivered there"
    }

    private func told(_ ends: SearchedInterval, _ request: CapacityRequest, _ interval: Int) -> CapacityInterval {
        let wished = request.minimumKW[interval]...request.maximumKW[interval]
        let fitting = ends.reduction.fitting...ends.increase.fitting
        let (low, high) = (max(wished.lowerBound, fitting.lowerBound), min(wished.upperBound, fitting.upperBound))
        return CapacityInterval(
            interval: interval, wishedKW: wished, acceptedKW: low <= high ? low...high : nil,
            increase: wished.upperBound > 0 ? ends.increase.told : nil, reduction: wished.lowerBound < 0 ? ends.reduction.told : nil)
    }
}

/// One interval while it is searched.
struct SearchedInterval {
    var increase: SearchedEnd
    var reduction: SearchedEnd

    init(_ request: CapacityRequest, _ interval: Int) {
        increase = SearchedEnd(max(0, request.maximumKW[interval]))
        reduction = SearchedEnd(min(0, request.minimumKW[interval]))
    }
}

/// One direction of one interval while it is searched.
struct SearchedEnd {
    let wished: Double
    var fitting: Double
    var limitedBy: CapacityLimit?
    var addedLossesKWh = 0.0
    var headroom: Headroom?

    init(_ wished: Double) { (self.wished, fitting) = (wished, wished) }

    var told: CapacityEnd {
        CapacityEnd(wishedKW: wished, fittingKW: fitting, limitedBy: limitedBy, addedLossesKWh: addedLossesKWh, headroom: headroom)
    }
}

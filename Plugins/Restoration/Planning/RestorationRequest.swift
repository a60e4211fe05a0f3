/// What a plan is asked for.
public struct RestorationRequest: Sendable {
    /// Positions before the fault: true for closed.
    public var positionsBefore: [Bool]
    /// Positions now: the tripped breaker is open, and, where a plan is under way, what it has switched.
    public var positionsNow: [Bool]
    /// Sections that must stay without voltage: the fault's, and those of every other fault that is not repaired.
    public var faultedSections: [Int]
    /// Loads before the fault.
    public var demand: Demand
    /// What no step may exceed.
    public var limits: OperatingLimits
    /// How far the plan may go.
    public var options: PlanningOptions

    /// A request with EN 50160's limits and the usual bounds, unless given.
    public init(
        positionsBefore: [Bool], positionsNow: [Bool], faultedSections: [Int], demand: Demand, limits: OperatingLimits = OperatingLimits(),
        options: PlanningOptions = PlanningOptions()
    ) {
        self.positionsBefore = positionsBefore
        self.positionsNow = positionsNow
        self.faultedSections = faultedSections
        self.demand = demand
        self.limits = limits
        self.options = options
    }
}

/// How far a plan may go.
public struct PlanningOptions: Hashable, Sendable {
    /// Switching operations after the isolation and the reclosing of the tripped breaker, opening and closing together.
    public var mostOperations: Int
    /// Openings among them.
    public var mostOpenings: Int
    /// Closings among them.
    public var mostClosings: Int
    /// Whether switches without remote control are used: a crew drives there.
    public var usesCrews: Bool
    /// Whether sources may be in parallel for the time of a step, on the way back to normal.
    public var allowsParallel: Bool
    /// Configurations that are tried before the search gives the best so far, with the note that it is not proved.
    public var mostConfigurations: Int
    /// Nodes visited in all of them: what bounds the time on large networks. A node visited costs some 30 ns.
    public var mostNodeVisits: Int

    /// The bounds of which the reference cases are the optimum, unless given.
    public init(
        mostOperations: Int = 7, mostOpenings: Int = 3, mostClosings: Int = 5, usesCrews: Bool = false, allowsParallel: Bool = false,
        mostConfigurations: Int = 200_000, mostNodeVisits: Int = 20_000_000
    ) {
        self.mostOperations = mostOperations
        self.mostOpenings = mostOpenings
        self.mostClosings = mostClosings
        self.usesCrews = usesCrews
        self.allowsParallel = allowsParallel
        self.mostConfigurations = mostConfigurations
        self.mostNodeVisits = mostNodeVisits
    }
}

/// Powers that are supposed, with sigmas that own up to it. Per unit in, per unit out; positive into the grid, so that loads are negative.
public struct SupposedPower: Hashable, Sendable {
    public var active: Double
    public var reactive: Double
    public var activeSigma: Double
    public var reactiveSigma: Double

    public init(active: Double, reactive: Double, activeSigma: Double, reactiveSigma: Double) {
        self.active = active
        self.reactive = reactive
        self.activeSigma = activeSigma
        self.reactiveSigma = reactiveSigma
    }

    /// What a load profile or a schedule says. Single loads differ from their profile by a third to a half of it.
    ///
    /// - Parameters:
    ///   - relativeSigma: 0.3 … 0.5 are usual.
    ///   - floor: sigma of a load that the profile has near zero.
    public static func profile(active: Double, reactive: Double, relativeSigma: Double = 0.4, floor: Double) -> SupposedPower {
        SupposedPower(
            active: active, reactive: reactive, activeSigma: max(floor, relativeSigma * abs(active)),
            reactiveSigma: max(floor, relativeSigma * abs(reactive)))
    }

    /// The mean power of a meter's interval, of an energy reading (IEC 61968-9).
    ///
    /// - Parameters:
    ///   - energy: over the interval, per unit of power times hour, positive into the grid.
    ///   - powerFactor: of the load where only active energy is counted, 0 (exclusive) … 1, lagging.
    ///   - relativeSigma: how far the power within an interval is from its mean; 0.1 … 0.2 for a quarter of an hour.
    ///   - isEstimated: the meter's head end made the value up: three times the sigma.
    public static func meterReading(
        energy: Double, intervalHours: Double, powerFactor: Double = 0.95, relativeSigma: Double = 0.15, floor: Double,
        isEstimated: Bool = false
    ) -> SupposedPower {
        let active = energy / intervalHours
        let tangent = (1 / (powerFactor * powerFactor) - 1).squareRoot()
        let factor = isEstimated ? 3.0 : 1.0
        // The power factor is a guess too: half of the reactive power it gives.
        let reactive = active * tangent
        return SupposedPower(
            active: active, reactive: reactive, activeSigma: factor * max(floor, relativeSigma * abs(active)),
            reactiveSigma: factor * max(floor, 0.5 * abs(reactive)))
    }

    /// A load of which nothing is known but its rating: anything from none of it to most.
    ///
    /// - Parameter apparent: rated, above zero.
    public static func rating(apparent: Double, utilisation: Double = 0.3, powerFactor: Double = 0.95) -> SupposedPower {
        let sine = (1 - powerFactor * powerFactor).squareRoot()
        return SupposedPower(
            active: -utilisation * apparent * powerFactor, reactive: -utilisation * apparent * sine, activeSigma: utilisation * apparent,
            reactiveSigma: utilisation * apparent)
    }

    /// The injection of a node with several independent loads and generators.
    public static func + (a: SupposedPower, b: SupposedPower) -> SupposedPower {
        SupposedPower(
            active: a.active + b.active, reactive: a.reactive + b.reactive,
            activeSigma: (a.activeSigma * a.activeSigma + b.activeSigma * b.activeSigma).squareRoot(),
            reactiveSigma: (a.reactiveSigma * a.reactiveSigma + b.reactiveSigma * b.reactiveSigma).squareRoot())
    }

    /// As pseudo-measurements of a node (conductor).
    public func measurements(at node: Int32) -> [Measurement] {
        [
            Measurement(.activePower, at: .node(node), value: active, sigma: activeSigma, origin: .pseudo),
            Measurement(.reactivePower, at: .node(node), value: reactive, sigma: reactiveSigma, origin: .pseudo),
        ]
    }
}

/// The nodes at which the grid has neither load nor generation nor source: their injection is zero, exactly.
///
/// - Parameter equipped: nodes with any of them, whether in operation or not.
public func zeroInjections(nodeCount: Int, equipped: Set<Int32>) -> [Int32] {
    (0..<Int32(nodeCount)).filter { !equipped.contains($0) }
}

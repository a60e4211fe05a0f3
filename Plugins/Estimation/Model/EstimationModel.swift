public import Grid

/// What an estimate is made of: a grid, the meters in it, and the nodes of which the grid says that nothing is connected there.
///
/// It stays as it is from frame to frame; an ``Estimator`` takes new values and sigmas without building anything again. A node that has
/// neither a meter of its injection nor a place among `zeroInjections` may feed in or draw whatever fits the rest.
public struct EstimationModel: Sendable {
    private(set) var network: ConductorGrid
    public let measurements: [Measurement]
    /// Nodes (conductors in an unbalanced grid) without load and generation: the sum of the currents there is exactly zero.
    public let zeroInjections: [Int32]
    /// For a place at a branch, the terminal of the network; -1 at a node.
    let terminals: [Int32]

    public var conductorCount: Int { network.conductorCount }

    /// - Throws: ``EstimationError`` when a meter sits nowhere, measures what cannot be measured there, or has no usable sigma.
    public init(grid: BalancedGrid, measurements: [Measurement], zeroInjections: [Int32]) throws(EstimationError) {
        try self.init(network: ConductorGrid(grid), measurements: measurements, zeroInjections: zeroInjections)
    }

    /// The same for conductors: places are conductors and ends of elements.
    public init(grid: UnbalancedGrid, measurements: [Measurement], zeroInjections: [Int32]) throws(EstimationError) {
        try self.init(network: ConductorGrid(grid), measurements: measurements, zeroInjections: zeroInjections)
    }

    init(network: ConductorGrid, measurements: [Measurement], zeroInjections: [Int32]) throws(EstimationError) {
        self.network = network
        self.measurements = measurements
        self.zeroInjections = Set(zeroInjections).sorted()
        guard network.conductorCount > 0 else { throw EstimationError("the grid has no node: there is nothing to estimate") }
        for node in self.zeroInjections where node < 0 || Int(node) >= network.conductorCount {
            throw EstimationError("zero injection at node \(node): the grid has \(network.conductorCount) nodes, counted from 0")
        }
        let zeros = Set(zeroInjections)
        var terminals: [Int32] = []
        terminals.reserveCapacity(measurements.count)
        for (index, measurement) in measurements.enumerated() {
            do {
                try measurement.check()
                terminals.append(try Self.locate(measurement, in: network, zeros: zeros))
            } catch {
                throw EstimationError("measurement \(index) (\(measurement.quantity)): \(error.description)")
            }
        }
        self.terminals = terminals
    }

    /// Replaces admittances of an element, which begin at a place of all of them.
    mutating func setAdmittances(_ admittances: [Complex], from start: Int) {
        network.admittances.replaceSubrange(start..<start + admittances.count, with: admittances)
    }

    private static func locate(_ measurement: Measurement, in network: ConductorGrid, zeros: Set<Int32>) throws(EstimationError) -> Int32 {
        switch measurement.place {
        case .node(let node):
            guard node >= 0, Int(node) < network.conductorCount else {
                throw EstimationError("node \(node): the grid has \(network.conductorCount) nodes, counted from 0")
            }
            guard measurement.quantity.isVoltage || measurement.quantity.isPower else {
                throw EstimationError("a current is measured at the end of a branch, not at node \(node)")
            }
            guard measurement.quantity.isVoltage || !zeros.contains(node) else {
                throw EstimationError("node \(node) is among the zero injections and has a meter of its injection: keep one of the two")
            }
            return -1
        case .branch(let branch, let end, let conductor):
            guard !measurement.quantity.isVoltage else {
                throw EstimationError("a voltage is measured at a node, not at branch \(branch)")
            }
            return Int32(try network.terminal(element: branch, end: end, conductor: conductor))
        }
    }
}

extension Measurement {
    /// - Throws: ``EstimationError`` when value and sigma cannot be used: not a number, or a sigma that is not above zero.
    func check() throws(EstimationError) {
        guard sigma > 0 else { throw EstimationError("sigma is \(sigma), expected above zero (infinite leaves the measurement out)") }
        guard value.isFinite || sigma.isInfinite else { throw EstimationError("value is \(value), expected a finite number") }
    }
}

internal import Grid

/// The power flow of a radial configuration by sweeps to the sources and back (Shirmohammadi et al., IEEE Trans. Power Syst. 3(2), 1988),
/// made for trying thousands of configurations of one model: nothing is assembled, ordered or allocated for one of them.
///
/// Before it iterates, a sweep without losses sorts out what can't hold: with loads that consume and impedances that are not negative, its
/// voltages are never below the real ones and its currents never above (Gan, Li, Topcu and Low, IEEE Trans. Autom. Control 60(1), 2015,
/// lemma 12). Final plans are checked by ``PlanCheck``, which shares none of this.
final class RadialSweep {
    let model: SwitchingModel
    let limits: ModelLimits
    /// Loads, consumed, per unit.
    private(set) var demand: Demand
    private let count: Int
    // The tree: positions in breadth-first order from the sources.
    private(set) var size = 0
    private let order: UnsafeMutablePointer<Int32>
    private let parent: UnsafeMutablePointer<Int32>
    private let via: UnsafeMutablePointer<Int32>
    private let root: UnsafeMutablePointer<Int32>
    private let place: UnsafeMutablePointer<Int32>
    private let mark: UnsafeMutablePointer<Int32>
    private var stamp: Int32 = 0
    // Of each position: voltage and current, and their stand-ins of the sweep without losses.
    private let voltage: UnsafeMutablePointer<Complex>
    private let current: UnsafeMutablePointer<Complex>
    private let power: UnsafeMutablePointer<Complex>
    private let square: UnsafeMutablePointer<Double>
    /// What each node consumes at least, per unit.
    private let leastPower: UnsafeMutablePointer<Complex>
    private var mayScreen = true
    private let tolerance = 1e-10
    private let mostIterations = 200

    init(_ model: SwitchingModel, demand: Demand, limits: OperatingLimits) {
        self.model = model
        self.limits = ModelLimits(model, limits)
        self.demand = demand
        let count = model.grid.nodeCount
        self.count = count
        func allocate<T>(_ value: T) -> UnsafeMutablePointer<T> {
            let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, count))
            memory.initialize(repeating: value, count: max(1, count))
            return memory
        }
        order = allocate(0)
        parent = allocate(-1)
        via = allocate(-1)
        root = allocate(-1)
        place = allocate(-1)
        mark = allocate(0)
        voltage = allocate(.zero)
        current = allocate(.zero)
        power = allocate(.zero)
        square = allocate(0)
        leastPower = allocate(.zero)
        setDemand(demand)
    }

    deinit {
        for memory in [order, parent, via, root, place, mark] { memory.deallocate() }
        for memory in [voltage, current, power, leastPower] { memory.deallocate() }
        square.deallocate()
    }

    func setDemand(_ demand: Demand) {
        self.demand = demand
        for node in 0..<count {
            let low = limits.lowest[node]
            var least = demand.constantPower[node] + demand.constantCurrent[node] * low + demand.constantImpedance[node] * (low * low)
            // Capacitors: the more, the higher the voltage.
            let high = limits.highest[node].isFinite ? limits.highest[node] : 2
            least.real += max(0, model.grid.shunts[node].real) * low * low
            least.imaginary -= max(0, model.grid.shunts[node].imaginary) * high * high
            leastPower[node] = least
        }
        let hasCharging = model.ports.contains { $0.forward.own.imaginary > 1e-9 || $0.backward.own.imaginary > 1e-9 }
        let passive = model.ports.allSatisfy { $0.forward.impedance.real >= -1e-12 && $0.forward.impedance.imaginary >= -1e-12 }
        mayScreen = !demand.feedsIn && !hasCharging && passive && !(0..<count).contains { leastPower[$0].real < 0 || leastPower[$0].imaginary < 0 }
    }

    /// How a configuration ended.
    struct Outcome {
        /// An edge that closes a loop or joins two sources; nil for a forest.
        var loop: Int32?
        var isWithinLimits = false
        /// Whether the sweep without losses refused it, so that the numbers below are not there.
        var isScreenedOut = false
        var lowestVoltage = Double.infinity
        var highestVoltage = 0.0
        var highestLoading = 0.0
        var lossesPerUnit = 0.0
        /// The source, as a position in ``SwitchingModel/sources``, in whose tree the first violation is; nil without one.
        var violatedSource: Int32?
    }

    /// Tries a configuration.
    ///
    /// - Parameters:
    ///   - isClosed: position of each switch.
    ///   - sources: whose trees are tried, as positions in ``SwitchingModel/sources``; all where nil.
    ///   - needsNumbers: whether losses and voltages are wanted even where the configuration is refused at first sight.
    func evaluate(_ isClosed: UnsafePointer<Bool>, sources: [Int32]? = nil, needsNumbers: Bool = false) -> Outcome {
        var outcome = Outcome()
        grow(isClosed, sources, &outcome)
        guard outcome.loop == nil else { return outcome }
        if mayScreen, !needsNumbers, let source = screenedOut() {
            outcome.isScreenedOut = true
            outcome.violatedSource = source
            return outcome
        }
        guard iterate() else {
            outcome.violatedSource = root[Int(order[size - 1])]
            outcome.lowestVoltage = 0
            return outcome
        }
        judge(&outcome)
        return outcome
    }

    /// The magnitude at a node of the last configuration, per unit; nil where it was not energised.
    func magnitude(_ node: Int) -> Double? { mark[node] == stamp ? voltage[Int(place[node])].magnitude : nil }
    func isEnergised(_ node: Int) -> Bool { mark[node] == stamp }
    /// The source, as a position in ``SwitchingModel/sources``, that feeds a node of the last configuration.
    func source(of node: Int) -> Int32? { mark[node] == stamp ? root[node] : nil }

    private func grow(_ isClosed: UnsafePointer<Bool>, _ sources: [Int32]?, _ outcome: inout Outcome) {
        stamp += 1
        size = 0
        for position in sources ?? Array(0..<Int32(model.sources.count)) {
            let node = model.sources[Int(position)].node
            guard mark[Int(node)] != stamp else { continue }
            append(node, parent: -1, via: -1, root: position)
        }
        let branches = model.edges.branchCount
        model.edges.neighbours.withUnsafeBufferPointer { neighbours in
            model.edges.edges.withUnsafeBufferPointer { edges in
                var next = 0
                while next < size {
                    let node = order[next]
                    for slot in model.edges.range(node) {
                        let edge = edges[slot]
                        if edge >= branches, !isClosed[Int(edge - branches)] { continue }
                        let other = neighbours[slot]
                        guard mark[Int(other)] != stamp else {
                            if edge != via[next] { outcome.loop = edge }
                            continue
                        }
                        append(other, parent: Int32(next), via: edge, root: root[Int(node)])
                    }
                    next += 1
                }
            }
        }
    }

    @inline(__always)
    private func append(_ node: Int32, parent above: Int32, via edge: Int32, root source: Int32) {
        mark[Int(node)] = stamp
        order[size] = node
        place[Int(node)] = Int32(size)
        parent[size] = above
        via[size] = edge
        root[Int(node)] = source
        size += 1
    }

    @inline(__always)
    private func port(_ position: Int, _ edge: Int32) -> OrientedPort.Direction {
        let above = order[Int(parent[position])]
        return model.grid.branches[Int(edge)].from == above ? model.ports[Int(edge)].forward : model.ports[Int(edge)].backward
    }

    /// Follows what feeds whom, with the flows that there would be without losses, and judges nothing.
    ///
    /// - Returns: an edge that closes a loop or joins two sources; nil for a forest.
    func trace(_ isClosed: UnsafePointer<Bool>) -> Int32? {
        var outcome = Outcome()
        grow(isClosed, nil, &outcome)
        if outcome.loop == nil { _ = flowWithoutLosses(stopsAtViolation: false) }
        return outcome.loop
    }

    /// After ``trace(_:)``: a bound of the power, per unit, that can be taken at a node beside what flows already. Infinite where loads feed in.
    func headroom(at node: Int) -> Double {
        guard mayScreen, mark[node] == stamp else { return .infinity }
        var least = Double.infinity
        var resistance = 0.0
        let branches = model.edges.branchCount
        let (low, high) = (limits.lowest[node], square[Int(place[node])])
        var position = Int(place[node])
        while parent[position] >= 0 {
            let edge = via[position]
            if edge < branches {
                let port = port(position, edge)
                let isForward = model.grid.branches[Int(edge)].to == order[position]
                let rating = isForward ? limits.ratings[Int(edge)].to : limits.ratings[Int(edge)].from
                if rating.isFinite {
                    let most = rating * rating * square[position] - power[position].imaginary * power[position].imaginary
                    least = min(least, max(0, most).squareRoot() - power[position].real)
                }
                resistance += port.impedance.real / max(1e-9, port.gain.squaredMagnitude)
            }
            position = Int(parent[position])
        }
        let source = Int(root[node])
        least = min(least, limits.sourceCapacities[source] - power[position].real)
        // Voltages referred to the node; transformers on the way make the bound a little looser than it could be.
        if resistance > 0, low > 0 { least = min(least, (high - low * low) / (2 * resistance) * 1.5) }
        return max(0, least)
    }

    /// What a section's loads consume at least, in watt.
    func leastWatts(ofSection section: Int) -> Double {
        guard mayScreen else { return 0 }
        return model.sections[section].nodes.reduce(0) { $0 + leastPower[Int($1)].real } * model.grid.basePowerVA
    }

    /// The source of a tree that can't hold its limits, by the sweep without losses.
    private func screenedOut() -> Int32? { flowWithoutLosses(stopsAtViolation: true) }

    private func flowWithoutLosses(stopsAtViolation: Bool) -> Int32? {
        let branches = model.edges.branchCount
        for position in 0..<size { power[position] = leastPower[Int(order[position])] }
        var position = size - 1
        while position > 0 {
            if parent[position] >= 0 { power[Int(parent[position])] += power[position] }
            position -= 1
        }
        for position in 0..<size {
            let node = order[position]
            guard parent[position] >= 0 else {
                let source = Int(root[Int(node)])
                square[position] = model.sources[source].voltage.squaredMagnitude
                if stopsAtViolation, power[position].magnitude > limits.sourceCapacities[source] * (1 + 1e-9) { return Int32(source) }
                continue
            }
            let edge = via[position]
            guard edge < branches else {
                square[position] = square[Int(parent[position])]
                continue
            }
            let (port, flow) = (port(position, edge), power[position])
            let drop = 2 * (port.impedance.real * flow.real + port.impedance.imaginary * flow.imaginary)
            square[position] = port.gain.squaredMagnitude * square[Int(parent[position])] - drop
            guard stopsAtViolation else { continue }
            let low = limits.lowest[Int(node)]
            if square[position] < low * low - 1e-9 { return root[Int(node)] }
            let isForward = model.grid.branches[Int(edge)].to == node
            let rating = isForward ? limits.ratings[Int(edge)].to : limits.ratings[Int(edge)].from
            if flow.squaredMagnitude > rating * rating * square[position] * (1 + 1e-9) { return root[Int(node)] }
        }
        return nil
    }

    private func iterate() -> Bool {
        let branches = model.edges.branchCount
        for position in 0..<size {
            guard parent[position] >= 0 else {
                voltage[position] = model.sources[Int(root[Int(order[position])])].voltage
                continue
            }
            let edge = via[position]
            let above = voltage[Int(parent[position])]
            voltage[position] = edge < branches ? port(position, edge).gain * above : above
        }
        for _ in 0..<mostIterations {
            sweepUp(branches)
            let change = sweepDown(branches)
            guard change.isFinite else { return false }
            if change < tolerance * tolerance { return true }
        }
        return false
    }

    /// Currents from the leaves to the sources.
    private func sweepUp(_ branches: Int32) {
        for position in 0..<size {
            let (node, volts) = (Int(order[position]), voltage[position])
            let square = volts.squaredMagnitude
            let magnitude = square.squareRoot()
            let consumed = demand.constantPower[node] + demand.constantCurrent[node] * magnitude + demand.constantImpedance[node] * square
            current[position] = (consumed / volts).conjugate + model.grid.shunts[node] * volts
        }
        var position = size - 1
        while position > 0 {
            let above = Int(parent[position])
            if above >= 0 {
                let edge = via[position]
                if edge < branches {
                    let port = port(position, edge)
                    current[above] += port.own * voltage[above] + port.share * current[position]
                } else {
                    current[above] += current[position]
                }
            }
            position -= 1
        }
    }

    /// Voltages from the sources to the leaves; the square of the largest change.
    private func sweepDown(_ branches: Int32) -> Double {
        var change = 0.0
        for position in 0..<size where parent[position] >= 0 {
            let (edge, above) = (via[position], voltage[Int(parent[position])])
            let new: Complex
            if edge < branches {
                let port = port(position, edge)
                new = port.gain * above - port.impedance * current[position]
            } else {
                new = above
            }
            let step = (new - voltage[position]).squaredMagnitude
            if !(step <= change) { change = step }
            voltage[position] = new
        }
        return change
    }

    private func judge(_ outcome: inout Outcome) {
        let branches = model.edges.branchCount
        var worst: Int32 = -1
        func violated(_ node: Int32) { if worst < 0 { worst = root[Int(node)] } }
        for position in 0..<size {
            let node = order[position]
            let magnitude = voltage[position].magnitude
            if limits.lowest[Int(node)] > 0 {
                outcome.lowestVoltage = min(outcome.lowestVoltage, magnitude)
                outcome.highestVoltage = max(outcome.highestVoltage, magnitude)
            }
            if magnitude < limits.lowest[Int(node)] || magnitude > limits.highest[Int(node)] { violated(node) }
            let edge = via[position]
            guard parent[position] >= 0 else {
                let source = voltage[position] * current[position].conjugate
                outcome.lossesPerUnit += source.real
                if source.magnitude > limits.sourceCapacities[Int(root[Int(node)])] { violated(node) }
                outcome.lossesPerUnit -= consumed(position)
                continue
            }
            outcome.lossesPerUnit -= consumed(position)
            guard edge < branches else { continue }
            let port = port(position, edge)
            let into = port.own * voltage[Int(parent[position])] + port.share * current[position]
            let isForward = model.grid.branches[Int(edge)].to == node
            let rating = limits.ratings[Int(edge)]
            let loading = max(into.magnitude / (isForward ? rating.from : rating.to), current[position].magnitude / (isForward ? rating.to : rating.from))
            outcome.highestLoading = max(outcome.highestLoading, loading)
            if loading > 1 { violated(node) }
        }
        outcome.isWithinLimits = worst < 0
        outcome.violatedSource = worst < 0 ? nil : worst
    }

    private func consumed(_ position: Int) -> Double {
        let (node, square) = (Int(order[position]), voltage[position].squaredMagnitude)
        return demand.constantPower[node].real + demand.constantCurrent[node].real * square.squareRoot()
            + demand.constantImpedance[node].real * square
    }
}

internal import Grid

/// Finds which ties to close and which switches to open so that the healthy area without voltage gets most of it back.
///
/// Branch and bound over sets of closings, smallest first, at first without shedding any load, then with it. Under each: every loop is broken at
/// each of its switches in turn; what does not hold is relieved by opening switches below the source that is overloaded, where opening those
/// that lose least is tried first. Bounds are the power that can still be reached, what the ways to the ties can carry, and the operations that
/// loops make necessary. With loads that only consume, a configuration that is too much stays too much with more load in the same tree, so
/// that nothing better is lost: the result is the best within the bounds of the request. Where the search runs out of its allowance it ends with
/// the best so far, which is then not proved.
final class TransferSearch {
    struct Choice {
        var closed: [Int] = []
        var opened: [Int] = []
        var watts = 0.0
        var priorityWatts = 0.0
        var losses = Double.infinity
        var operations: Int { closed.count + opened.count }
    }

    let zones: ZoneGraph
    let sweep: RadialSweep
    let options: PlanningOptions
    private let comparesLosses: Bool
    private(set) var best = Choice()
    private(set) var tried = 0
    private(set) var isExhaustive = true
    /// Whether some configuration was refused, so that the result rests on more load never being a relief.
    private(set) var hasRefused = false
    private var visits = 0
    private var mayShed = false
    private var positions: [Bool]
    private var isKept: [Bool]
    private var closed: [Int] = []
    private var opened: [Int] = []
    /// The source whose tree each edge of zone 0 hangs on.
    private var sourceOfEdge: [Int32]
    private var baseLosses: [Double]
    /// A bound of what each edge of zone 0 can feed, in watt; infinite for the others.
    private var headroom: [Double]
    /// What each zone consumes at least, in watt.
    private var leastWatts: [Double]
    private let slack: Double
    private var reach: ZoneReach

    /// - Parameter positions: with the fault isolated and the breaker closed again.
    init(
        _ model: SwitchingModel, zones: ZoneGraph, sweep: RadialSweep, positions: [Bool], options: PlanningOptions, comparesLosses: Bool
    ) {
        self.zones = zones
        self.sweep = sweep
        self.options = options
        self.positions = positions
        self.comparesLosses = comparesLosses
        isKept = Array(repeating: false, count: zones.edges.count)
        reach = ZoneReach(zones)
        slack = 1e-6 * zones.watts.reduce(1, +)
        sourceOfEdge = Array(repeating: -1, count: zones.edges.count)
        headroom = Array(repeating: .infinity, count: zones.edges.count)
        leastWatts = Array(repeating: 0, count: zones.zoneCount)
        baseLosses = Array(repeating: 0, count: model.sources.count)
        for (section, zone) in zones.zoneOfSection.enumerated() where zone > 0 { leastWatts[zone] += sweep.leastWatts(ofSection: section) }
        _ = positions.withUnsafeBufferPointer { sweep.trace($0.baseAddress!) }
        for (number, edge) in zones.edges.enumerated() where min(edge.from, edge.to) == 0 {
            let nodes = model.switchNodes[edge.device]
            let side = zones.zoneOfSection[Int(model.sectionOfNode[Int(nodes.from)])] == 0 ? nodes.from : nodes.to
            sourceOfEdge[number] = sweep.source(of: Int(side)) ?? -1
            headroom[number] = sweep.headroom(at: Int(side)) * model.grid.basePowerVA * (1 + 1e-9) + slack
        }
        // The losses of every tree as it stands, so that only what changes is computed afterwards.
        for source in Set(sourceOfEdge) where source >= 0 && comparesLosses {
            baseLosses[Int(source)] = positions.withUnsafeBufferPointer {
                sweep.evaluate($0.baseAddress!, sources: [source], needsNumbers: true)
            }.lossesPerUnit
        }
        best.losses = 0
    }

    func run() -> Choice {
        let ties = zones.edges.indices.filter { !zones.edges[$0].isClosed && zones.edges[$0].isOperable }
        let reachable = reach.all(zones, including: ties)
        guard reachable.watts > 0 || reachable.zones > 0 else { return best }
        func isAllRestored() -> Bool {
            best.watts >= reachable.watts - slack && best.priorityWatts >= reachable.priorityWatts - slack
        }
        // First without shedding any load: where all can have voltage, nothing else is worth a look.
        for sheds in [false, true] where !isAllRestored() && mayGoOn {
            mayShed = sheds
            for size in stride(from: 1, through: min(options.mostClosings, ties.count), by: 1) {
                // Nothing with this many closings has as few operations.
                if isAllRestored(), best.operations < size { break }
                chooseTies(ties, from: 0, remaining: size)
                guard mayGoOn else { break }
            }
        }
        return best
    }

    private var mayGoOn: Bool {
        if tried < options.mostConfigurations, visits < options.mostNodeVisits { return true }
        isExhaustive = false
        return false
    }

    private func chooseTies(_ ties: [Int], from first: Int, remaining: Int) {
        guard remaining > 0 else { return tryTies() }
        for position in stride(from: first, through: ties.count - remaining, by: 1) {
            guard mayGoOn else { return }
            let tie = ties[position]
            set(tie, isClosed: true)
            closed.append(tie)
            chooseTies(ties, from: position + 1, remaining: remaining - 1)
            closed.removeLast()
            set(tie, isClosed: false)
        }
    }

    private func set(_ edge: Int, isClosed: Bool) { positions[zones.edges[edge].device] = isClosed }
    private func isClosed(_ edge: Int) -> Bool { positions[zones.edges[edge].device] }

    private func tryTies() {
        visits += zones.zoneCount
        reach.grow(zones, positions)
        guard closed.allSatisfy({ reach.contains(zones.edges[$0].from) || reach.contains(zones.edges[$0].to) }) else { return }
        let loops = reach.edgeCount - (reach.count - 1)
        guard loops <= options.mostOpenings, closed.count + loops <= options.mostOperations else { return }
        // No more can be fed than the ties' ways can carry.
        let supply = closed.reduce(0.0) { $0 + (min(zones.edges[$1].from, zones.edges[$1].to) == 0 ? headroom[$1] : 0) }
        let most = min(reach.watts, supply + reach.watts - reach.sum(leastWatts))
        guard isPromising(most, reach.priorityWatts, closed.count + loops) else { return }
        explore()
    }

    /// Whether a configuration with at most that power and at least as many operations could replace the best one.
    private func isPromising(_ watts: Double, _ priorityWatts: Double, _ operations: Int) -> Bool {
        if abs(watts - best.watts) > slack { return watts > best.watts }
        if abs(priorityWatts - best.priorityWatts) > slack { return priorityWatts > best.priorityWatts }
        if operations != best.operations { return operations < best.operations }
        return comparesLosses && operations > 0
    }

    private func explore() {
        guard mayGoOn else { return }
        visits += zones.zoneCount
        guard let loop = reach.findLoop(zones, positions) else {
            if let refused = tryForest() { relieve(refused) }
            return
        }
        guard opened.count < options.mostOpenings, closed.count + opened.count < options.mostOperations else { return }
        branch(over: loop.filter { zones.edges[$0].isClosed && zones.edges[$0].isOperable && !isKept[$0] }) { explore() }
    }

    /// Opens each of the edges in turn; those before it stay closed, so that no set of openings is met twice.
    private func branch(over edges: [Int], _ body: () -> Void) {
        for edge in edges {
            set(edge, isClosed: false)
            opened.append(edge)
            body()
            opened.removeLast()
            set(edge, isClosed: true)
            isKept[edge] = true
        }
        for edge in edges { isKept[edge] = false }
    }

    /// Tries a configuration without loops. Gives the source that is asked too much; nil where it holds, or can't be the best anyway.
    private func tryForest() -> Int32? {
        reach.grow(zones, positions)
        let operations = closed.count + opened.count
        guard isPromising(reach.watts, reach.priorityWatts, operations) else { return nil }
        if let shortage = reach.shortage(zones, leastWatts, headroom) {
            hasRefused = true
            visits += zones.zoneCount
            // What has to be shed at least already makes it worse than the best one.
            guard isPromising(reach.watts - shortage.watts + 2 * slack, reach.priorityWatts, operations) else { return nil }
            return sourceOfEdge[shortage.edge]
        }
        tried += 1
        let sources = Array(Set(closed.map { sourceOfEdge[$0] }.filter { $0 >= 0 }))
        let outcome = positions.withUnsafeBufferPointer { sweep.evaluate($0.baseAddress!, sources: sources) }
        visits += outcome.isScreenedOut ? sweep.size : 8 * sweep.size
        guard outcome.loop == nil else { return nil }
        guard outcome.isWithinLimits else {
            hasRefused = true
            return outcome.violatedSource
        }
        var choice = Choice(closed: closed, opened: opened, watts: reach.watts, priorityWatts: reach.priorityWatts)
        choice.losses = outcome.lossesPerUnit - sources.reduce(0) { $0 + baseLosses[Int($1)] }
        if replaces(choice) { best = choice }
        return nil
    }

    private func replaces(_ choice: Choice) -> Bool {
        guard isPromising(choice.watts, choice.priorityWatts, choice.operations) else { return false }
        let isEqual = abs(choice.watts - best.watts) <= slack && abs(choice.priorityWatts - best.priorityWatts) <= slack
            && choice.operations == best.operations
        return !isEqual || choice.losses < best.losses
    }

    /// Takes load from a source that is asked too much.
    private func relieve(_ source: Int32) {
        guard mayShed, mayGoOn, opened.count < options.mostOpenings, closed.count + opened.count < options.mostOperations else { return }
        visits += zones.zoneCount
        reach.grow(zones, positions)
        // The last cut has to take all that is lacking.
        let isLast = opened.count + 1 == options.mostOpenings || closed.count + opened.count + 1 == options.mostOperations
        let lacking = isLast ? reach.shortage(zones, leastWatts, headroom)?.watts ?? 0 : 0
        let cuts = reach.cuts(zones, below: { sourceOfEdge[$0] == source })
            .filter { zones.edges[$0.edge].isClosed && zones.edges[$0.edge].isOperable && !isKept[$0.edge] && $0.watts > 0 && $0.watts >= lacking - slack }
            .filter { isPromising(reach.watts - $0.watts, reach.priorityWatts - $0.priorityWatts, closed.count + opened.count + 1) }
            .sorted { ($0.watts, $0.edge) < ($1.watts, $1.edge) }
        // All single cuts first: what one of them reaches bounds the deeper ones.
        var refusals: [(edge: Int, source: Int32)] = []
        for cut in cuts {
            guard mayGoOn else { return }
            set(cut.edge, isClosed: false)
            opened.append(cut.edge)
            if let refused = tryForest() { refusals.append((cut.edge, refused)) }
            opened.removeLast()
            set(cut.edge, isClosed: true)
        }
        var next = 0
        branch(over: cuts.map(\.edge)) {
            guard next < refusals.count, refusals[next].edge == opened.last else { return }
            next += 1
            relieve(refusals[next - 1].source)
        }
    }
}

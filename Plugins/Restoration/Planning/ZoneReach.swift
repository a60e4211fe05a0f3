/// What is reached from all that has voltage over closed edges; memory that a search uses again and again.
struct ZoneReach {
    private var marks: [Int32]
    private var stamp: Int32 = 0
    private(set) var order: [Int] = []
    private var parentEdge: [Int]
    private var parent: [Int]
    private var depth: [Int]
    /// Edges between zones that were reached.
    private(set) var edgeCount = 0
    private(set) var watts = 0.0
    private(set) var priorityWatts = 0.0

    var count: Int { order.count }

    init(_ zones: ZoneGraph) {
        marks = Array(repeating: 0, count: zones.zoneCount)
        parentEdge = Array(repeating: -1, count: zones.zoneCount)
        parent = parentEdge
        depth = parentEdge
        order.reserveCapacity(zones.zoneCount)
    }

    func contains(_ zone: Int) -> Bool { marks[zone] == stamp }

    mutating func grow(_ zones: ZoneGraph, _ positions: [Bool]) { _ = walk(zones, positions, stopsAtLoop: false) }

    /// The edges of a loop that is reached; nil without one.
    mutating func findLoop(_ zones: ZoneGraph, _ positions: [Bool]) -> [Int]? {
        guard let closing = walk(zones, positions, stopsAtLoop: true) else { return nil }
        var (a, b) = (zones.edges[closing].from, zones.edges[closing].to)
        var loop = [closing]
        while a != b {
            if depth[a] < depth[b] { swap(&a, &b) }
            loop.append(parentEdge[a])
            a = parent[a]
        }
        return loop
    }

    private mutating func walk(_ zones: ZoneGraph, _ positions: [Bool], stopsAtLoop: Bool) -> Int? {
        stamp += 1
        order.removeAll(keepingCapacity: true)
        (edgeCount, watts, priorityWatts) = (0, 0, 0)
        append(0, parent: -1, via: -1, depth: 0, zones)
        var next = 0
        var ends = 0
        while next < order.count {
            let zone = order[next]
            next += 1
            for edge in zones.edgesOfZone[zone] where positions[zones.edges[edge].device] {
                ends += 1
                guard edge != parentEdge[zone] else { continue }
                let other = zones.other(edge, zone)
                if marks[other] == stamp {
                    if stopsAtLoop { return edge }
                    continue
                }
                append(other, parent: zone, via: edge, depth: depth[zone] + 1, zones)
            }
        }
        edgeCount = ends / 2
        return nil
    }

    private mutating func append(_ zone: Int, parent above: Int, via edge: Int, depth level: Int, _ zones: ZoneGraph) {
        marks[zone] = stamp
        parent[zone] = above
        parentEdge[zone] = edge
        depth[zone] = level
        order.append(zone)
        watts += zones.watts[zone]
        priorityWatts += zones.priorityWatts[zone]
    }

    /// Edges of the trees whose first edge is accepted, with what loses its voltage when each is opened. After ``grow(_:_:)`` without loops.
    func cuts(_ zones: ZoneGraph, below accepts: (Int) -> Bool) -> [(edge: Int, watts: Double, priorityWatts: Double)] {
        var sums = zones.watts
        var priority = zones.priorityWatts
        var isBelow = [Bool](repeating: false, count: zones.zoneCount)
        for zone in order.dropFirst() { isBelow[zone] = parent[zone] == 0 ? accepts(parentEdge[zone]) : isBelow[parent[zone]] }
        for zone in order.dropFirst().reversed() where parent[zone] > 0 {
            sums[parent[zone]] += sums[zone]
            priority[parent[zone]] += priority[zone]
        }
        return order.dropFirst().filter { isBelow[$0] }.map { (parentEdge[$0], sums[$0], priority[$0]) }
    }

    /// Of each zone that is reached, added up.
    func sum(_ values: [Double]) -> Double { order.reduce(0) { $0 + values[$1] } }

    /// By how much the trees of edges of zone 0 ask for more than those can carry, and the edge that lacks most; nil where none does. After
    /// ``grow(_:_:)`` without loops.
    func shortage(_ zones: ZoneGraph, _ leastWatts: [Double], _ headroom: [Double]) -> (watts: Double, edge: Int)? {
        var sums = leastWatts
        var (total, worst): (Double, (watts: Double, edge: Int)?) = (0, nil)
        for zone in order.dropFirst().reversed() {
            guard parent[zone] == 0 else {
                sums[parent[zone]] += sums[zone]
                continue
            }
            let lacking = sums[zone] - headroom[parentEdge[zone]]
            guard lacking > 0 else { continue }
            total += lacking
            if lacking > worst?.watts ?? 0 { worst = (lacking, parentEdge[zone]) }
        }
        return worst.map { (total, $0.edge) }
    }

    /// What could be reached if all the given edges were closed.
    mutating func all(_ zones: ZoneGraph, including ties: [Int]) -> (watts: Double, priorityWatts: Double, zones: Int) {
        var isClosed = [Bool](repeating: false, count: (zones.edges.map(\.device).max() ?? -1) + 1)
        for edge in zones.edges where edge.isClosed { isClosed[edge.device] = true }
        for tie in ties { isClosed[zones.edges[tie].device] = true }
        grow(zones, isClosed)
        return (watts, priorityWatts, count - 1)
    }
}

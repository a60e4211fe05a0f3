/// The healthy sections without voltage, joined to zones over switches that can't be opened, and what may join them to each other and to
/// what has voltage. Zone 0 is all that has voltage.
struct ZoneGraph {
    struct Edge {
        var device: Int
        var from: Int
        var to: Int
        /// Its position when the search begins.
        var isClosed: Bool
        /// Whether the search may operate it.
        var isOperable: Bool
    }

    private(set) var zoneCount = 1
    /// By section; 0 for those with voltage, -1 for what must stay dead.
    private(set) var zoneOfSection: [Int]
    private(set) var edges: [Edge] = []
    /// Edges at each zone.
    private(set) var edgesOfZone: [[Int]] = []
    private(set) var watts: [Double] = []
    private(set) var priorityWatts: [Double] = []

    init(_ model: SwitchingModel, positions: [Bool], isolation: Isolation, energised: [Bool], request: RestorationRequest) {
        zoneOfSection = energised.indices.map { energised[$0] ? 0 : -1 }
        let crews = request.options.usesCrews
        let isUsable = (0..<model.switchCount).map { model.duties[$0].mayOperate(usesCrews: crews) }
        for start in energised.indices where zoneOfSection[start] < 0 && !isolation.isIsolated[start] {
            var stack = [start]
            zoneOfSection[start] = zoneCount
            while let section = stack.popLast() {
                for device in model.sections[section].boundary.map(Int.init) where positions[device] && !isUsable[device] {
                    let other = model.otherSection(of: device, from: section)
                    guard zoneOfSection[other] < 0, !isolation.isIsolated[other] else { continue }
                    zoneOfSection[other] = zoneCount
                    stack.append(other)
                }
            }
            zoneCount += 1
        }
        watts = Array(repeating: 0, count: zoneCount)
        priorityWatts = watts
        for section in energised.indices where zoneOfSection[section] > 0 {
            watts[zoneOfSection[section]] += request.demand.sectionWatts[section]
            priorityWatts[zoneOfSection[section]] += request.demand.prioritySectionWatts[section]
        }
        edgesOfZone = Array(repeating: [], count: zoneCount)
        for device in 0..<model.switchCount {
            let sides = model.sections(ofSwitch: device)
            guard sides.from >= 0 else { continue }
            let (from, to) = (zoneOfSection[sides.from], zoneOfSection[sides.to])
            guard from >= 0, to >= 0, from != to else { continue }
            let isClosed = positions[device]
            guard isClosed || isUsable[device] else { continue }
            // A disconnector can't make the load of an area: both sides have to be dead when it closes.
            if !isClosed, min(from, to) == 0, !model.duties[device].breaksLoadCurrent { continue }
            edgesOfZone[from].append(edges.count)
            edgesOfZone[to].append(edges.count)
            edges.append(Edge(device: device, from: from, to: to, isClosed: isClosed, isOperable: isUsable[device]))
        }
    }

    func other(_ edge: Int, _ zone: Int) -> Int { edges[edge].from == zone ? edges[edge].to : edges[edge].from }
}

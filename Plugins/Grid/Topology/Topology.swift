/// Which nodes closed switches join to buses, and which buses lines and transformers join to islands; kept up to date switch by switch.
///
/// A bus keeps its number while switches elsewhere operate. When two buses are joined, the one with more nodes keeps its number; when
/// one is parted, the larger part does. A switch operation costs as much as the smaller part is large, not as the network.
public struct Topology: Sendable {
    let graph: TopologyGraph
    private var isClosed: [Bool]
    private var busOfNode: [Int32]
    private var members: [[Int32]]
    private var freeBuses: [Int32] = []
    private var islandOfBus: [Int32]
    private var islands: [IslandState] = []
    private var freeIslands: [Int32] = []
    private var nodeMarks: [Int32]
    private var busMarks: [Int32]
    private var mark: Int32 = 0

    private struct IslandState {
        var busCount = 0
        var sourceCount = 0
    }

    /// What a switch operation changed.
    public struct Change: Hashable, Sendable {
        /// The bus that kept its number and the one that is gone.
        public var joined: Pair?
        /// The bus that kept its number and the new one.
        public var parted: Pair?
        /// The island that kept its number and the one that is gone.
        public var joinedIslands: Pair?
        /// The island that kept its number and the new one.
        public var partedIslands: Pair?
        /// A switch of some phases alone was operated: conductors are joined or parted, and no buses.
        public var concernsConductors = false

        public struct Pair: Hashable, Sendable {
            public var kept: Int
            public var other: Int
        }

        /// Nothing but the switch's own state.
        public var isEmpty: Bool { joined == nil && parted == nil && !concernsConductors }
    }

    /// An island of buses.
    public struct Island: Hashable, Sendable {
        public var number: Int
        public var busCount: Int
        public var sourceCount: Int
        public var isEnergised: Bool { sourceCount > 0 }
    }

    public init(_ network: Network) {
        graph = TopologyGraph(network)
        isThreePhase = network.switches.map { $0.phases.isSuperset(of: .abc) }
        isClosed = network.switches.map { !$0.isOpen && !$0.isPartlyOpen && $0.phases.isSuperset(of: .abc) }
        let count = network.nodes.count
        busOfNode = Array(repeating: -1, count: count)
        members = []
        islandOfBus = []
        nodeMarks = Array(repeating: 0, count: count)
        busMarks = []
        partlyOpen = network.switches.indices.filter {
            let device = network.switches[$0]
            return device.isPartlyOpen || (!device.isOpen && !device.phases.isSuperset(of: .abc))
        }.map(Int32.init)
        joinNodes()
        joinBuses()
    }

    /// Switches that carry current in some phases alone, being open in others or not having them: they join islands, and no buses.
    public private(set) var partlyOpen: [Int32]
    private let isThreePhase: [Bool]

    /// Bus numbers are below this; not every number is a bus.
    public var busCapacity: Int { members.count }
    public var busCount: Int { members.count - freeBuses.count }
    public var nodeCount: Int { busOfNode.count }

    public func isBus(_ number: Int) -> Bool { !members[number].isEmpty }
    public func bus(ofNode node: Int) -> Int { Int(busOfNode[node]) }
    /// Calls back with the bus at the other end of each line and transformer at a node.
    @inline(__always)
    func forEachNeighbour(ofNode node: Int32, _ body: (Int) -> Void) {
        for slot in graph.branches.range(node) { body(Int(busOfNode[Int(graph.branches.neighbours[slot])])) }
    }

    /// Positions in `Network.nodes`.
    public func nodes(ofBus bus: Int) -> [Int32] { members[bus] }
    public func island(ofBus bus: Int) -> Int { Int(islandOfBus[bus]) }
    public func isEnergised(bus: Int) -> Bool { islands[Int(islandOfBus[bus])].sourceCount > 0 }
    public func isEnergised(node: Int) -> Bool { isEnergised(bus: bus(ofNode: node)) }
    /// Whether it carries current in at least one phase.
    public func isSwitchClosed(_ index: Int) -> Bool { isClosed[index] || partlyOpen.contains(Int32(index)) }

    /// In the order of their numbers.
    public var islandList: [Island] {
        islands.indices.filter { islands[$0].busCount > 0 }.map {
            Island(number: $0, busCount: islands[$0].busCount, sourceCount: islands[$0].sourceCount)
        }
    }

    /// Opens or closes a switch in all phases.
    @discardableResult
    public mutating func setSwitch(_ index: Int, isOpen: Bool) -> Change {
        let (from, to) = graph.switchNodes[index]
        if let position = partlyOpen.firstIndex(of: Int32(index)) {
            partlyOpen.remove(at: position)
            guard from >= 0 else { return Change() }
            var change = Change(concernsConductors: true)
            // Once more round by way of open: a three-phase switch that is closed now joins buses.
            if isOpen || isThreePhase[index] { partIslands(busOfNode[Int(from)], busOfNode[Int(to)], &change) }
            if isOpen { return change }
        } else {
            guard isSwitchClosed(index) == isOpen else { return Change() }
        }
        guard isThreePhase[index] else { return setPartial(index, isOpen: isOpen) }
        isClosed[index] = !isOpen
        guard from >= 0 else { return Change() }
        return isOpen ? part(from, to) : join(from, to)
    }

    /// A switch that does not have all phases and is open now.
    private mutating func setPartial(_ index: Int, isOpen: Bool) -> Change {
        let (from, to) = graph.switchNodes[index]
        guard !isOpen, from >= 0 else { return Change() }
        partlyOpen.append(Int32(index))
        var change = Change(concernsConductors: true)
        joinIslands(busOfNode[Int(from)], busOfNode[Int(to)], &change)
        return change
    }

    private mutating func joinNodes() {
        var stack: [Int32] = []
        for start in busOfNode.indices where busOfNode[start] < 0 {
            let bus = Int32(members.count)
            var found: [Int32] = []
            busOfNode[start] = bus
            stack.append(Int32(start))
            while let node = stack.popLast() {
                found.append(node)
                for position in graph.switches.range(node) where isClosed[Int(graph.switches.edges[position])] {
                    let other = graph.switches.neighbours[position]
                    guard busOfNode[Int(other)] < 0 else { continue }
                    busOfNode[Int(other)] = bus
                    stack.append(other)
                }
            }
            members.append(found)
        }
        islandOfBus = Array(repeating: -1, count: members.count)
        busMarks = Array(repeating: 0, count: members.count)
    }

    private mutating func joinBuses() {
        for start in members.indices where islandOfBus[start] < 0 {
            let island = Int32(islands.count)
            islands.append(IslandState())
            relabel(from: Int32(start), to: island)
        }
    }

    /// Gives a bus and all it is joined to by branches the number of an island, and counts them into it.
    private mutating func relabel(from start: Int32, to island: Int32) {
        var stack = [start]
        islandOfBus[Int(start)] = island
        while let bus = stack.popLast() {
            count(bus, in: island, 1)
            forEachNeighbour(of: bus) { state, other in
                guard state.islandOfBus[Int(other)] != island else { return }
                state.islandOfBus[Int(other)] = island
                stack.append(other)
            }
        }
    }

    private mutating func count(_ bus: Int32, in island: Int32, _ sign: Int) {
        islands[Int(island)].busCount += sign
        for node in members[Int(bus)] { islands[Int(island)].sourceCount += sign * Int(graph.sourceCounts[Int(node)]) }
    }

    private mutating func forEachNeighbour(of bus: Int32, _ body: (inout Topology, Int32) -> Void) {
        for position in members[Int(bus)].indices {
            let node = members[Int(bus)][position]
            for edge in graph.branches.range(node) { body(&self, busOfNode[Int(graph.branches.neighbours[edge])]) }
            guard !partlyOpen.isEmpty else { continue }
            for edge in graph.switches.range(node) where partlyOpen.contains(graph.switches.edges[edge]) {
                body(&self, busOfNode[Int(graph.switches.neighbours[edge])])
            }
        }
    }

    private mutating func join(_ from: Int32, _ to: Int32) -> Change {
        let (busA, busB) = (busOfNode[Int(from)], busOfNode[Int(to)])
        guard busA != busB else { return Change() }
        var change = Change()
        joinIslands(busA, busB, &change)
        let isLarger = (members[Int(busA)].count, busB) >= (members[Int(busB)].count, busA)
        let (kept, gone) = isLarger ? (busA, busB) : (busB, busA)
        for node in members[Int(gone)] { busOfNode[Int(node)] = kept }
        members[Int(kept)] += members[Int(gone)]
        members[Int(gone)] = []
        islands[Int(islandOfBus[Int(kept)])].busCount -= 1
        islandOfBus[Int(gone)] = -1
        freeBuses.append(gone)
        change.joined = Change.Pair(kept: Int(kept), other: Int(gone))
        return change
    }

    private mutating func joinIslands(_ busA: Int32, _ busB: Int32, _ change: inout Change) {
        let (islandA, islandB) = (islandOfBus[Int(busA)], islandOfBus[Int(busB)])
        guard islandA != islandB else { return }
        let isLarger = (islands[Int(islandA)].busCount, islandB) >= (islands[Int(islandB)].busCount, islandA)
        let (kept, gone, start) = isLarger ? (islandA, islandB, busB) : (islandB, islandA, busA)
        relabel(from: start, to: kept)
        islands[Int(gone)] = IslandState()
        freeIslands.append(gone)
        change.joinedIslands = Change.Pair(kept: Int(kept), other: Int(gone))
    }

    private mutating func part(_ from: Int32, _ to: Int32) -> Change {
        guard let smaller = smallerPart(from, to) else { return Change() }
        let bus = busOfNode[Int(from)]
        let new = freeBuses.popLast() ?? addBus()
        for node in smaller { busOfNode[Int(node)] = new }
        members[Int(bus)].removeAll { busOfNode[Int($0)] == new }
        members[Int(new)] = smaller
        islandOfBus[Int(new)] = islandOfBus[Int(bus)]
        islands[Int(islandOfBus[Int(bus)])].busCount += 1
        var change = Change(parted: Change.Pair(kept: Int(bus), other: Int(new)))
        partIslands(bus, new, &change)
        return change
    }

    private mutating func addBus() -> Int32 {
        members.append([])
        islandOfBus.append(-1)
        busMarks.append(0)
        return Int32(members.count - 1)
    }

    /// Walks through closed switches from both ends by turns. Nil when the ends are still joined.
    private mutating func smallerPart(_ from: Int32, _ to: Int32) -> [Int32]? {
        let marks = nextMarks()
        var walks = [[from], [to]]
        var done = [0, 0]
        nodeMarks[Int(from)] = marks.0
        nodeMarks[Int(to)] = marks.1
        var side = 0
        while true {
            guard done[side] < walks[side].count else { return walks[side] }
            let node = walks[side][done[side]]
            done[side] += 1
            let (own, others) = side == 0 ? marks : (marks.1, marks.0)
            for position in graph.switches.range(node) where isClosed[Int(graph.switches.edges[position])] {
                let other = graph.switches.neighbours[position]
                if nodeMarks[Int(other)] == others { return nil }
                guard nodeMarks[Int(other)] != own else { continue }
                nodeMarks[Int(other)] = own
                walks[side].append(other)
            }
            side = 1 - side
        }
    }

    private mutating func partIslands(_ busA: Int32, _ busB: Int32, _ change: inout Change) {
        let marks = nextMarks()
        var walks = [[busA], [busB]]
        var done = [0, 0]
        busMarks[Int(busA)] = marks.0
        busMarks[Int(busB)] = marks.1
        var side = 0
        var haveMet = false
        while done[side] < walks[side].count {
            let bus = walks[side][done[side]]
            done[side] += 1
            let (own, others) = side == 0 ? marks : (marks.1, marks.0)
            forEachNeighbour(of: bus) { state, other in
                if state.busMarks[Int(other)] == others { haveMet = true }
                guard state.busMarks[Int(other)] != own, !haveMet else { return }
                state.busMarks[Int(other)] = own
                walks[side].append(other)
            }
            if haveMet { return }
            side = 1 - side
        }
        let island = islandOfBus[Int(busA)]
        let new = freeIslands.popLast() ?? addIsland()
        for bus in walks[side] {
            islandOfBus[Int(bus)] = new
            count(bus, in: new, 1)
            count(bus, in: island, -1)
        }
        change.partedIslands = Change.Pair(kept: Int(island), other: Int(new))
    }

    private mutating func addIsland() -> Int32 {
        islands.append(IslandState())
        return Int32(islands.count - 1)
    }

    private mutating func nextMarks() -> (Int32, Int32) {
        if mark > Int32.max - 4 {
            for index in nodeMarks.indices { nodeMarks[index] = 0 }
            for index in busMarks.indices { busMarks[index] = 0 }
            mark = 0
        }
        mark += 2
        return (mark - 1, mark)
    }
}

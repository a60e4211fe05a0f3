internal import Grid

/// The energised part of a configuration as `PowerFlow` takes it: closed switches merged.
struct MergedGrid {
    private(set) var grid: BalancedGrid
    /// By node of the model; -1 where it has no voltage.
    private(set) var placeOfNode: [Int32]
    /// The model's branch of each branch.
    private(set) var branches: [Int32] = []
    /// The model's source of each source.
    private(set) var sources: [Int] = []
    private(set) var isRadial = true

    init(_ model: SwitchingModel, _ isClosed: [Bool], _ isEnergised: [Bool]) {
        var joined = DisjointSets(count: model.grid.nodeCount)
        for (device, nodes) in model.switchNodes.enumerated() where nodes.from >= 0 && isClosed[device] {
            guard isEnergised[Int(model.sectionOfNode[Int(nodes.from)])] else { continue }
            if !joined.join(nodes.from, nodes.to) { isRadial = false }
        }
        grid = BalancedGrid(basePowerVA: model.grid.basePowerVA, nominalVolts: [], nominalAngles: [], branches: [], shunts: [], sources: [])
        placeOfNode = Array(repeating: -1, count: model.grid.nodeCount)
        for node in 0..<model.grid.nodeCount where isEnergised[Int(model.sectionOfNode[node])] {
            let lead = Int(joined.root(Int32(node)))
            if placeOfNode[lead] < 0 {
                placeOfNode[lead] = Int32(grid.nominalVolts.count)
                grid.nominalVolts.append(model.grid.nominalVolts[lead])
                grid.nominalAngles.append(model.grid.nominalAngles[lead])
                grid.shunts.append(.zero)
            }
            placeOfNode[node] = placeOfNode[lead]
            grid.shunts[Int(placeOfNode[node])] += model.grid.shunts[node]
        }
        addBranches(model)
        addSources(model)
    }

    private mutating func addBranches(_ model: SwitchingModel) {
        var islands = DisjointSets(count: grid.nominalVolts.count + 1)
        let sourceHub = Int32(grid.nominalVolts.count)
        for source in model.sources where !islands.join(placeOfNode[Int(source.node)], sourceHub) { isRadial = false }
        for (position, branch) in model.grid.branches.enumerated() {
            let (from, to) = (placeOfNode[Int(branch.from)], placeOfNode[Int(branch.to)])
            guard from >= 0, to >= 0 else { continue }
            guard from != to else {
                isRadial = false
                continue
            }
            if !islands.join(from, to) { isRadial = false }
            var moved = branch
            (moved.from, moved.to) = (from, to)
            grid.branches.append(moved)
            branches.append(Int32(position))
        }
    }

    private mutating func addSources(_ model: SwitchingModel) {
        for (position, source) in model.sources.enumerated() {
            let place = placeOfNode[Int(source.node)]
            guard !grid.sources.contains(where: { $0.node == place }) else { continue }
            grid.sources.append(BalancedGrid.Source(node: place, voltage: source.voltage))
            sources.append(position)
        }
    }

    func injections(_ demand: Demand) -> Injections {
        let zero = [Complex](repeating: .zero, count: grid.nodeCount)
        var injections = Injections(constantPower: zero, constantCurrent: zero, constantImpedance: zero)
        for (node, place) in placeOfNode.enumerated() where place >= 0 {
            injections.constantPower[Int(place)] -= demand.constantPower[node]
            injections.constantCurrent[Int(place)] -= demand.constantCurrent[node]
            injections.constantImpedance[Int(place)] -= demand.constantImpedance[node]
        }
        return injections
    }
}

/// Sets that are joined one by one (Tarjan 1975).
struct DisjointSets {
    private var parents: [Int32]

    init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

    mutating func root(_ element: Int32) -> Int32 {
        var element = element
        while parents[Int(element)] != element {
            parents[Int(element)] = parents[Int(parents[Int(element)])]
            element = parents[Int(element)]
        }
        return element
    }

    /// False where both were in one set.
    mutating func join(_ a: Int32, _ b: Int32) -> Bool {
        let (first, second) = (root(a), root(b))
        guard first != second else { return false }
        parents[Int(max(first, second))] = min(first, second)
        return true
    }
}

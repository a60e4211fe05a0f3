/// The phase conductors of an unbalanced grid: those that elements join to a source, in the order of their nodes and phases.
struct ConductorNumbering: Sendable {
    static let phaseCount = 5
    /// By node of the model and phase; -1 for what is not there or not energised.
    private(set) var conductors: [Int32]
    private(set) var nodes: [Int32] = []
    private(set) var phases: [UInt8] = []

    /// - Parameters:
    ///   - joints: pairs of node-and-phase slots that closed poles make one conductor.
    ///   - elements: the slots that each element joins.
    ///   - sources: the slots that hold their voltage.
    init(nodeCount: Int, joints: [(Int, Int)], elements: [[Int]], sources: [Int]) {
        let slots = nodeCount * Self.phaseCount
        var same = DisjointSets(count: slots)
        for (a, b) in joints { same.join(a, b) }
        var joined = same
        var isThere = [Bool](repeating: false, count: slots)
        for element in elements {
            for slot in element {
                isThere[same.root(slot)] = true
                joined.join(element[0], slot)
            }
        }
        var isFed = [Bool](repeating: false, count: slots)
        for slot in sources { isFed[joined.root(slot)] = true }
        conductors = Array(repeating: -1, count: slots)
        for slot in 0..<slots {
            let root = same.root(slot)
            guard isThere[root], isFed[joined.root(slot)] else { continue }
            if conductors[root] < 0 || root == slot, conductors[slot] < 0 {
                let first = conductors[root] >= 0 ? conductors[root] : Int32(nodes.count)
                if first == Int32(nodes.count) {
                    nodes.append(Int32(slot / Self.phaseCount))
                    phases.append(UInt8(slot % Self.phaseCount))
                }
                conductors[root] = first
            }
            conductors[slot] = conductors[root]
        }
    }

    static func slot(_ node: Int32, _ phase: Phase) -> Int { Int(node) * phaseCount + Int(phase.rawValue) }
}

/// Union-find with path halving.
struct DisjointSets: Sendable {
    private var parents: [Int32]

    init(count: Int) { parents = (0..<count).map { Int32($0) } }

    mutating func root(_ item: Int) -> Int {
        var item = item
        while parents[item] != item {
            parents[item] = parents[Int(parents[item])]
            item = Int(parents[item])
        }
        return item
    }

    /// The smaller root stays one.
    mutating func join(_ a: Int, _ b: Int) {
        let (a, b) = (root(a), root(b))
        if a != b { parents[max(a, b)] = Int32(min(a, b)) }
    }
}

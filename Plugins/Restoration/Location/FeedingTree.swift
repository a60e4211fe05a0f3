internal import Grid

/// The sections as the sources feed them before the fault: who hangs on whom, by which switch.
struct FeedingTree {
    /// Sections in an order in which each comes after the one that feeds it.
    private(set) var order: [Int32] = []
    /// The section that feeds each; -1 for those with a source and for what has no voltage.
    private(set) var parent: [Int32]
    /// The switch between both; -1 without one.
    private(set) var via: [Int32]
    /// For each switch the section that it feeds; -1 where it is open or closes a loop.
    private(set) var fedSection: [Int32]
    private(set) var isFed: [Bool]

    init(_ model: SwitchingModel, _ isClosed: [Bool]) {
        parent = Array(repeating: -1, count: model.sections.count)
        via = parent
        fedSection = Array(repeating: -1, count: model.switchCount)
        isFed = Array(repeating: false, count: model.sections.count)
        for (section, content) in model.sections.enumerated() where content.hasSource {
            isFed[section] = true
            order.append(Int32(section))
        }
        var next = 0
        while next < order.count {
            let section = Int(order[next])
            next += 1
            for device in model.sections[section].boundary where isClosed[Int(device)] {
                let other = model.otherSection(of: Int(device), from: section)
                guard !isFed[other] else { continue }
                isFed[other] = true
                parent[other] = Int32(section)
                via[other] = device
                fedSection[Int(device)] = Int32(other)
                order.append(Int32(other))
            }
        }
    }

    /// The switches from a section to its source, nearest first.
    func path(from section: Int) -> [Int] {
        var path: [Int] = []
        var section = Int32(section)
        while section >= 0, via[Int(section)] >= 0 {
            path.append(Int(via[Int(section)]))
            section = parent[Int(section)]
        }
        return path
    }
}

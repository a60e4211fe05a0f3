/// Which branches of a calculation model an equipment has.
struct BranchPlaces: Sendable {
    /// By kind and position where the slots of an equipment begin; a transformer with three or more windings has one for each, all else one.
    private let starts: [[Int32]]
    /// Branches; -1 for none.
    private var slots: [Int32]

    init(_ network: Network) {
        var next: Int32 = 0
        starts = EquipmentReference.Kind.allCases.map { kind in
            var starts = (0..<network.count(of: kind)).map { position in
                defer { next += kind == .transformer ? Int32(BranchPlaces.slotCount(network.transformers[position])) : 1 }
                return next
            }
            starts.append(next)
            return starts
        }
        slots = Array(repeating: -1, count: Int(next))
    }

    private static func slotCount(_ transformer: Transformer) -> Int { transformer.windings.count > 2 ? transformer.windings.count : 1 }

    mutating func clear() { for slot in slots.indices { slots[slot] = -1 } }

    func branches(of equipment: EquipmentReference) -> [Int32] { slots[range(equipment)].filter { $0 >= 0 } }

    func forEach(of equipment: EquipmentReference, _ body: (Int32) -> Void) {
        for slot in range(equipment) where slots[slot] >= 0 { body(slots[slot]) }
    }

    /// Empty for what the network does not have.
    private func range(_ equipment: EquipmentReference) -> Range<Int> {
        let starts = starts[Int(equipment.kind.rawValue)]
        guard equipment.index >= 0, equipment.index + 1 < starts.count else { return 0..<0 }
        return Int(starts[equipment.index])..<Int(starts[equipment.index + 1])
    }

    subscript(origin: BranchOrigin) -> Int32 {
        get { slots[slot(origin)] }
        set { slots[slot(origin)] = newValue }
    }

    private func slot(_ origin: BranchOrigin) -> Int {
        let range = range(origin.equipment)
        return range.count > 1 ? range.lowerBound + origin.fromEnd : range.lowerBound
    }
}

extension Array {
    /// Takes an element away and puts the last one in its place.
    mutating func swapRemove(_ index: Int) {
        self[index] = self[count - 1]
        removeLast()
    }
}

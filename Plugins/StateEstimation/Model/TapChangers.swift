import Grid

/// The ratio tap changers of a grid, by what devices call them.
struct TapChangers {
    let changers: [Place]
    private let positions: [String: Int]

    /// A tap changer at a winding of a transformer.
    struct Place {
        /// Its own mRID, or the transformer's where it has none.
        let mRID: String
        /// Position in `Network.transformers`.
        let transformer: Int
        let winding: Int
        let range: ClosedRange<Int>
    }

    init(_ network: Network) {
        var changers: [Place] = []
        var positions: [String: Int] = [:]
        var ofEquipment: [String: [Int]] = [:]
        for (position, transformer) in network.transformers.enumerated() {
            for (winding, described) in transformer.windings.enumerated() {
                guard let tap = described.ratioTap else { continue }
                for mRID in [transformer.identity.mRID, transformer.bank].compactMap({ $0 }) { ofEquipment[mRID, default: []].append(changers.count) }
                if !tap.mRID.isEmpty { positions[tap.mRID] = changers.count }
                changers.append(
                    Place(
                        mRID: tap.mRID.isEmpty ? transformer.identity.mRID : tap.mRID, transformer: position, winding: winding,
                        range: tap.lowStep...tap.highStep))
            }
        }
        for (mRID, here) in ofEquipment where here.count == 1 && positions[mRID] == nil { positions[mRID] = here[0] }
        self.changers = changers
        self.positions = positions
    }

    /// The position in `changers` of a tap changer, by its own mRID or that of a transformer or bank that has no other.
    func position(_ mRID: String) -> Int? { positions[NetworkIndex.normalised(mRID)] }
}

import Grid

/// The voltage regulator of an on-load tap changer: steps when the voltage has been outside of its band for a while, a step at a time.
struct TapRegulator {
    /// Position in `Network.transformers`, and the winding.
    let transformer: Int
    let winding: Int
    /// Under which its position is reported.
    let mRID: String
    let at: String
    private let target: Double
    private let halfBand: Double
    private let delaySeconds: Double
    private let range: ClosedRange<Double>
    /// Emulated seconds since the voltage left the band.
    private var waited = 0.0

    /// Nil where the grid has no such tap changer, or the transformer has several.
    init?(_ settings: EmulatorSettings.Regulator, _ network: Network) {
        var found: [(transformer: Int, winding: Int, tap: TapChanger)] = []
        for (position, transformer) in network.transformers.enumerated() {
            for (winding, described) in transformer.windings.enumerated() {
                guard let tap = described.ratioTap, [tap.mRID, transformer.identity.mRID].contains(NetworkIndex.normalised(settings.tap)) else { continue }
                found.append((position, winding, tap))
            }
        }
        guard found.count == 1 else { return nil }
        (transformer, winding) = (found[0].transformer, found[0].winding)
        mRID = found[0].tap.mRID.isEmpty ? network.transformers[transformer].identity.mRID : found[0].tap.mRID
        at = settings.at
        target = settings.target
        halfBand = settings.band / 2
        delaySeconds = settings.delaySeconds
        range = Double(found[0].tap.lowStep)...Double(found[0].tap.highStep)
    }

    /// The step that it takes now, +1 or -1; 0 while it rests or waits.
    /// - Parameters:
    ///   - effect: how a step up changes the voltage it holds: 1 raises it, -1 lowers it.
    mutating func step(perUnit: Double, position: Double, effect: Double, elapsed: Double) -> Double {
        guard perUnit > 0.1, abs(perUnit - target) > halfBand else {
            waited = 0
            return 0
        }
        waited += elapsed
        guard waited >= delaySeconds else { return 0 }
        let step = perUnit < target ? effect : -effect
        guard range.contains(position + step) else { return 0 }
        waited = 0
        return step
    }
}

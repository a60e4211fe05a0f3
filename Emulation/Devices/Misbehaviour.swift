import EmulatedWeather
import Glibc

/// Who lags, refuses and vanishes when: drawn from the seed, the same in each run.
struct Misbehaviour {
    private let trouble: Trouble
    private let noise: SmoothNoise
    private let lagging: Set<String>
    private let refusing: Set<String>
    private let vanishing: Set<String>

    init(_ description: SiteDescription) {
        trouble = description.trouble
        noise = SmoothNoise(seed: description.seed)
        let names = description.allAssets.map(\.id)
        lagging = Self.chosen(trouble.lagging, of: names, 1, noise)
        refusing = Self.chosen(trouble.refusing, of: names, 2, noise)
        vanishing = Self.chosen(trouble.vanishing, of: names, 3, noise)
    }

    private static func chosen(_ selection: Trouble.Selection, of names: [String], _ number: Int64, _ noise: SmoothNoise) -> Set<String> {
        let drawn = names.filter { noise.uniform(SmoothNoise.key($0) ^ 0xA5A5, number) < selection.share }
        return selection.names.union(drawn)
    }

    /// Seconds that an asset thinks before it does what it is told; nil if it never does.
    func delay(of asset: String) -> Double? { refusing.contains(asset) ? nil : lagging.contains(asset) ? trouble.lagSeconds : 0 }

    /// Whether an asset is off the network at an instant.
    func isAway(_ asset: String, at time: Double) -> Bool {
        guard vanishing.contains(asset) else { return false }
        let window = (time / trouble.vanishEverySeconds).rounded(.down)
        let begin = noise.uniform(SmoothNoise.key(asset) ^ 0x3C3C, Int64(window)) * max(0, trouble.vanishEverySeconds - trouble.vanishSeconds)
        let place = time - window * trouble.vanishEverySeconds
        return place >= begin && place < begin + trouble.vanishSeconds
    }

    /// Whether a cut of the network takes a device at a second of the local day.
    func isCut(_ device: String, secondOfDay: Int) -> Bool {
        trouble.cuts.contains { cut in
            let since = (secondOfDay - cut.beginSecond + 86_400) % 86_400
            return since < cut.seconds && (cut.devices.isEmpty || cut.devices.contains { device.hasPrefix($0) })
        }
    }

    /// `3 lag, 1 refuses, 2 vanish`; empty where nobody misbehaves.
    var summary: String {
        [(lagging.count, "lag"), (refusing.count, "refuse"), (vanishing.count, "vanish")].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}

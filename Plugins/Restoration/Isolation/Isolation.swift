/// The switches that part the faulted sections from the rest.
public struct Isolation: Hashable, Sendable {
    /// By section: what stays without voltage, the faulted sections and those that no usable switch parts from them.
    public var isIsolated: [Bool]
    /// Closed switches to open, those with a source behind them first.
    public var opens: [Int]
    /// Open switches on the boundary, which must not be closed until the repair.
    public var locksOut: [Int]
    /// Switches that would have isolated less, and why they can't be used.
    public var passedOver: [PassedOver]
    /// Whether an external grid feeds into what would have to be isolated: then no switch parts the fault from it.
    public var containsSource: Bool

    /// A switch that could not be used.
    public struct PassedOver: Hashable, Sendable {
        /// Position in `Network.switches`.
        public var device: Int
        /// Why not: locked, tagged, out of service, not remote-controlled.
        public var reason: String
    }

    /// Grows the faulted sections over every switch that can't be opened, until usable ones surround them.
    ///
    /// What counts is what parts the fault from the positions before it: a breaker that tripped is among `opens`, so that it stays open.
    /// - Parameters:
    ///   - positions: before the fault.
    ///   - usesCrews: whether switches without remote control are used too.
    public init(
        _ model: SwitchingModel, faulted: [Int], positions: [Bool], usesCrews: Bool = false, isOpenNow: (Int) -> Bool = { _ in false }
    ) {
        isIsolated = Array(repeating: false, count: model.sections.count)
        opens = []
        locksOut = []
        passedOver = []
        containsSource = false
        var stack: [Int] = []
        for section in faulted where !isIsolated[section] {
            isIsolated[section] = true
            stack.append(section)
        }
        while let section = stack.popLast() {
            if model.sections[section].hasSource { containsSource = true }
            for device in model.sections[section].boundary.map(Int.init) where positions[device] && !isOpenNow(device) {
                guard let reason = model.duties[device].refusal(usesCrews: usesCrews) else { continue }
                let other = model.otherSection(of: device, from: section)
                guard !isIsolated[other] else { continue }
                isIsolated[other] = true
                passedOver.append(PassedOver(device: device, reason: reason))
                stack.append(other)
            }
        }
        findBoundary(model, positions)
    }

    private mutating func findBoundary(_ model: SwitchingModel, _ positions: [Bool]) {
        for device in 0..<model.switchCount {
            let sides = model.sections(ofSwitch: device)
            guard sides.from >= 0, isIsolated[sides.from] != isIsolated[sides.to] else { continue }
            if positions[device] { opens.append(device) } else { locksOut.append(device) }
        }
    }
}

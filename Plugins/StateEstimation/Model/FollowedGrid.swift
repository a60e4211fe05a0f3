import Estimation
import Grid
import LiveGrid
import PluginAPI

/// The grid with its switches as they are now.
struct FollowedGrid {
    let network: Network
    let index: NetworkIndex
    let drawn: DrawnGrid
    /// The positive sequence, which also tells what is joined.
    private(set) var assembly: BalancedAssembly
    /// All phases, where they are calculated.
    private(set) var threePhase: UnbalancedAssembly?
    let taps: TapChangers
    /// By position in `Network.switches`; nil where no device has reported.
    private(set) var reports: [SwitchMessage?]
    /// When what is joined changed last, seconds since 1970.
    private(set) var changedSeconds = -Double.infinity
    /// Counts the changes of what is joined.
    private(set) var revision = 0
    /// By position in `taps.changers`; nil where no device has reported.
    private(set) var tapReports: [TapMessage?]
    /// When a tap changer stepped last, seconds since 1970.
    private(set) var steppedSeconds = -Double.infinity
    /// Counts the steps of tap changers.
    private(set) var tapRevision = 0

    /// Tells one loading of the model from another.
    let model: String

    init(_ network: Network, loaded: Timestamp, calculation: Calculation = .positiveSequence) {
        self.network = network
        model = loaded.description
        index = NetworkIndex(network)
        drawn = DrawnGrid(network)
        assembly = BalancedAssembly(network, options: AssemblyOptions(basePowerVA: 10_000_000, hasSourceImpedance: false))
        if calculation == .threePhase { threePhase = UnbalancedAssembly(network, options: AssemblyOptions(basePowerVA: 10_000_000)) }
        reports = Array(repeating: nil, count: network.switches.count)
        taps = TapChangers(network)
        tapReports = Array(repeating: nil, count: taps.changers.count)
    }

    /// Takes the report of a switch.
    /// - Returns: whether the grid is joined otherwise than before; nil where the grid has no such switch.
    /// - Throws: ``Status/invalidArgument`` for a time that can't be: one in the future would keep all later reports out.
    mutating func take(_ report: SwitchMessage, of mRID: String, now: Timestamp) throws(ServiceError) -> Bool? {
        if let time = report.time, let refusal = Self.stamps.refusal(of: time.seconds, now: now.seconds) { throw .invalidArgument(refusal) }
        guard let reference = index.equipment[NetworkIndex.normalised(mRID)], reference.kind == .switchgear else { return nil }
        let position = reference.index
        if let before = reports[position]?.time, let time = report.time, time < before { return false }
        reports[position] = report
        // A switch that moves, or does not know where it is, stays where it was last seen.
        guard !report.isDoubtful else { return false }
        let isOpen = report.position == .open
        guard assembly.topology.isSwitchClosed(position) == isOpen else { return false }
        assembly.setSwitch(position, isOpen: isOpen)
        threePhase?.setSwitch(position, isOpen: isOpen)
        revision += 1
        changedSeconds = now.seconds
        return true
    }

    /// Throws a switch of a copy, to see what would follow.
    mutating func suppose(switch position: Int, isOpen: Bool) {
        assembly.setSwitch(position, isOpen: isOpen)
        threePhase?.setSwitch(position, isOpen: isOpen)
        revision += 1
    }

    /// A switch may have been where it is for years.
    private static let stamps = TimeStampRule(ageSeconds: .infinity)

    /// Takes the report of a tap changer.
    /// - Returns: whether the ratio is another than before; nil where the grid has no such tap changer.
    /// - Throws: ``Status/invalidArgument`` for a position that it does not have, or a time that can't be.
    mutating func take(_ report: TapMessage, ofTap mRID: String, now: Timestamp) throws(ServiceError) -> Bool? {
        if let time = report.time, let refusal = Self.stamps.refusal(of: time.seconds, now: now.seconds) { throw .invalidArgument(refusal) }
        guard let position = taps.position(mRID) else { return nil }
        let place = taps.changers[position]
        guard report.position >= Double(place.range.lowerBound), report.position <= Double(place.range.upperBound) else {
            throw .invalidArgument(
                "position \(report.position) is outside of the steps \(place.range.lowerBound) … \(place.range.upperBound) that the grid model knows")
        }
        if let before = tapReports[position]?.time, let time = report.time, time < before { return false }
        guard !report.quality.contains(.invalid) else { return false }
        tapReports[position] = report
        guard tapStep(position) != report.position else { return false }
        assembly.setTap(transformer: place.transformer, winding: place.winding, step: report.position)
        threePhase?.setTap(transformer: place.transformer, winding: place.winding, step: report.position)
        tapRevision += 1
        steppedSeconds = (report.time ?? now).seconds
        return true
    }

    /// The step of a tap changer, by its position in `taps.changers`.
    func tapStep(_ position: Int) -> Double {
        let place = taps.changers[position]
        return assembly.network.transformers[place.transformer].windings[place.winding].ratioTap?.step ?? 0
    }

    /// The node of the calculation model at a node of the network; nil where it is not energised.
    func node(_ position: Int) -> Int? {
        let node = Int(assembly.index.nodeOfNetworkNode[position])
        return node >= 0 ? node : nil
    }

    /// Sets the consumed power of a load in volt-ampere, by its position in `Network.loads`.
    mutating func setLoad(_ position: Int, power: Complex) {
        assembly.setLoad(position, power: power)
        threePhase?.setLoad(position, power: power)
    }

    /// Sets the consumed power of each phase of a load.
    mutating func setLoad(_ position: Int, phases: [PhasePower]) { threePhase?.setLoad(position, phases: phases) }

    /// The same by mRID.
    /// - Throws: ``Status/invalidArgument`` where the grid has no such load.
    mutating func setLoad(_ mRID: String, power: Complex) throws(ServiceError) {
        guard let reference = index.equipment[NetworkIndex.normalised(mRID)], reference.kind == .load else {
            throw .invalidArgument("the grid has no load '\(mRID)'")
        }
        setLoad(reference.index, power: power)
    }
}

extension Timestamp {
    /// Seconds since 1970.
    var seconds: Double { Double(nanoseconds) / 1e9 }
}

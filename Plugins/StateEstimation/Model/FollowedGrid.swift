import Estimation
import Grid
import LiveGrid
import PluginAPI

/// The grid with its switches as they are now.
struct FollowedGrid {
    let network: Network
    let index: NetworkIndex
    let drawn: DrawnGrid
    private(set) var assembly: BalancedAssembly
    /// By position in `Network.switches`; nil where no device has reported.
    private(set) var reports: [SwitchMessage?]
    /// When what is joined changed last, seconds since 1970.
    private(set) var changedSeconds = -Double.infinity
    /// Counts the changes of what is joined.
    private(set) var revision = 0

    /// Tells one loading of the model from another.
    let model: String

    init(_ network: Network, loaded: Timestamp) {
        self.network = network
        model = loaded.description
        index = NetworkIndex(network)
        drawn = DrawnGrid(network)
        assembly = BalancedAssembly(network, options: AssemblyOptions(basePowerVA: 10_000_000, hasSourceImpedance: false))
        reports = Array(repeating: nil, count: network.switches.count)
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
        revision += 1
        changedSeconds = now.seconds
        return true
    }

    /// A switch may have been where it is for years.
    private static let stamps = TimeStampRule(ageSeconds: .infinity)

    /// The node of the calculation model at a node of the network; nil where it is not energised.
    func node(_ position: Int) -> Int? {
        let node = Int(assembly.index.nodeOfNetworkNode[position])
        return node >= 0 ? node : nil
    }

    /// Sets the consumed power of a load in volt-ampere, by its position in `Network.loads`.
    mutating func setLoad(_ position: Int, power: Complex) { assembly.setLoad(position, power: power) }

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

import Estimation
import Foundation
import Grid
import SyntheticGrids

/// What a grid model costs to build, and a switch operation in it until the first result afterwards. Milliseconds.
struct ModelMeasure: Encodable {
    /// Topology and calculation model of the network's equipment, as it comes out of a file.
    var topology = 0.0
    var assembly = 0.0
    var mebibytes = 0.0
    /// One operation of a breaker at the head of a line, over breakers all over the grid: median and the slowest in a hundred.
    var switchTopology = 0.0
    var switchAssembly = 0.0
    var switchAssemblySlow = 0.0
    /// The operation, the power flow of the new grid, all built anew.
    var switchPowerFlow = 0.0
    /// What an estimator for the new grid costs, and its first estimate from the voltages of before, and from a flat start.
    var estimatorBuild = 0.0
    var firstEstimate = 0.0
    var firstEstimateFlat = 0.0

    init(_ radial: RadialNetwork, _ meters: [Meter], runs: Int) throws {
        let network = radial.network()
        topology = Clock.median(runs) { _ = Topology(network) }
        let start = Topology(network)
        let before = Memory.residentMebibytes()
        var assembly = BalancedAssembly(network, topology: start, options: Self.options)
        mebibytes = Memory.residentMebibytes() - before
        self.assembly = Clock.median(runs) { assembly = BalancedAssembly(network, topology: start, options: Self.options) }
        measureSwitches(&assembly, start, network)
        try measureResults(&assembly, radial, meters, runs: runs)
    }

    private static let options = AssemblyOptions(hasSourceImpedance: false)

    /// A breaker of every 101st line, so that all parts of the grid take part.
    private mutating func measureSwitches(_ assembly: inout BalancedAssembly, _ topology: Topology, _ network: Network) {
        var topology = topology
        let breakers = (0..<400).map { $0 * 101 % network.switches.count }
        func times(_ operate: (Int, Bool) -> Void) -> [Double] {
            breakers.flatMap { breaker in [true, false].map { isOpen in Clock.median(1) { operate(breaker, isOpen) } } }.sorted()
        }
        let alone = times { topology.setSwitch($0, isOpen: $1) }
        let whole = times { assembly.setSwitch($0, isOpen: $1) }
        switchTopology = alone[alone.count / 2]
        switchAssembly = whole[whole.count / 2]
        switchAssemblySlow = whole[whole.count * 99 / 100]
    }

    private mutating func measureResults(_ assembly: inout BalancedAssembly, _ radial: RadialNetwork, _ meters: [Meter], runs: Int) throws {
        // A low-voltage line in the middle of the grid: some twenty nodes are cut off.
        let breaker = radial.lines.indices.first { $0 > radial.lines.count / 2 && radial.nominalVolts[radial.lines[$0].from] < 1000 } ?? 0
        var isOpen = false
        var state = PowerFlowState()
        switchPowerFlow = try Clock.median(runs) {
            isOpen.toggle()
            assembly.setSwitch(breaker, isOpen: isOpen)
            state = PowerFlowState()
            _ = try PowerFlow(assembly.grid).solve(assembly.injections, into: &state)
        }
        assembly.setSwitch(breaker, isOpen: false)
        let before = Estimator(try model(assembly, radial, meters))
        _ = before.estimate()
        let voltages = before.voltages
        let nodes = assembly.index.nodeOfNetworkNode
        assembly.setSwitch(breaker, isOpen: true)
        var known = assembly.grid.nominalAngles.map { Complex(magnitude: 1, angle: $0) }
        for (old, new) in zip(nodes, assembly.index.nodeOfNetworkNode) where old >= 0 && new >= 0 { known[Int(new)] = voltages[Int(old)] }
        var after = before
        estimatorBuild = try Clock.median(min(runs, 5)) { after = Estimator(try model(assembly, radial, meters)) }
        firstEstimate = Clock.median(runs) {
            after.restart(at: known)
            _ = after.estimate()
        }
        firstEstimateFlat = Clock.median(runs) {
            after.restart()
            _ = after.estimate()
        }
    }

    /// The meters at nodes that are energised.
    private func model(_ assembly: BalancedAssembly, _ radial: RadialNetwork, _ meters: [Meter]) throws -> EstimationModel {
        var measurements: [Estimation.Measurement] = []
        for meter in meters where meter.kind != .activeFlow && meter.kind != .reactiveFlow {
            let node = assembly.index.nodeOfNetworkNode[meter.element]
            var measurement = meter.measurement
            measurement.place = .node(node)
            if node >= 0 { measurements.append(measurement) }
        }
        let zeros = radial.nodesWithoutInjection.map { assembly.index.nodeOfNetworkNode[Int($0)] }.filter { $0 >= 0 }
        return try EstimationModel(grid: assembly.grid, measurements: measurements, zeroInjections: zeros)
    }
}

/// What reading a large file costs.
struct ReadMeasure: Encodable {
    var bytes = 0
    var nodes = 0
    var objects = 0
    /// Milliseconds of reading, what of them the processor worked, and of topology and calculation model after it.
    var read = 0.0
    var readWork = 0.0
    var model = 0.0
    /// The most memory that the process ever had.
    var peakMebibytes = 0.0

    init(path: String) {
        var result: CIMImport?
        let before = clock()
        read = Clock.median(1) { result = CIMReader().read(paths: [path]) }
        readWork = Double(clock() - before) / 1e3
        guard let result else { return }
        (bytes, objects) = (result.byteCount, result.objectCount)
        model = Clock.median(1) { nodes = BalancedAssembly(result.network).grid.nodeCount }
        peakMebibytes = Memory.peakMebibytes()
    }
}

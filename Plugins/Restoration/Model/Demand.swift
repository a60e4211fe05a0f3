public import Grid

/// What the customers of each node take, and who of them matters most.
public struct Demand: Sendable {
    /// Consumed power per node of ``SwitchingModel/grid`` at nominal voltage, per unit: its share of constant power,
    public var constantPower: [Complex]
    /// that of constant current,
    public var constantCurrent: [Complex]
    /// and that of constant impedance.
    public var constantImpedance: [Complex]
    /// Active power of each section in watt, generation not subtracted.
    public private(set) var sectionWatts: [Double]
    /// The part of it of priority customers: hospitals, waterworks.
    public private(set) var prioritySectionWatts: [Double]
    /// Customers of each section.
    public private(set) var sectionCustomers: [Int]
    /// Whether some node feeds in or loads are compensated beyond zero, so that more load may mean a higher voltage.
    private(set) var feedsIn = false

    /// - Parameters:
    ///   - loadPowers: consumed power of each load in volt-ampere, as measured or estimated before the fault; the network's own where nil.
    ///   - generatorPowers: fed-in power of each generator in volt-ampere; the network's own where nil. Counts only where the site says so.
    ///   - countsGeneration: whether distributed generation may be relied on. Else the plan holds without any of it.
    ///   - priorityLoads: positions of the loads of priority customers.
    public init(
        _ model: SwitchingModel, loadPowers: [Complex]? = nil, generatorPowers: [Complex]? = nil, countsGeneration: Bool = false,
        priorityLoads: Set<Int> = []
    ) {
        let (network, base) = (model.network, model.grid.basePowerVA)
        constantPower = Array(repeating: .zero, count: model.grid.nodeCount)
        constantCurrent = constantPower
        constantImpedance = constantPower
        sectionWatts = Array(repeating: 0, count: model.sections.count)
        prioritySectionWatts = sectionWatts
        sectionCustomers = Array(repeating: 0, count: model.sections.count)
        for (position, load) in network.loads.enumerated() {
            guard let node = model.index.node(of: load.terminal) else { continue }
            let power = loadPowers?[position] ?? load.power ?? .zero
            add(power / base, load.dependence, at: node)
            let section = Int(model.sectionOfNode[node])
            sectionWatts[section] += power.real
            if priorityLoads.contains(position) { prioritySectionWatts[section] += power.real }
            sectionCustomers[section] += max(1, load.customerCount)
        }
        if countsGeneration {
            for (position, generator) in network.generators.enumerated() {
                guard let node = model.index.node(of: generator.terminal) else { continue }
                constantPower[node] -= (generatorPowers?[position] ?? generator.power ?? .zero) / base
            }
        }
        feedsIn = [constantPower, constantCurrent, constantImpedance].contains { $0.contains { $0.real < 0 || $0.imaginary < 0 } }
    }

    private mutating func add(_ power: Complex, _ shares: VoltageDependence, at node: Int) {
        constantPower[node] += Complex(power.real * shares.powerActive, power.imaginary * shares.powerReactive)
        constantCurrent[node] += Complex(power.real * shares.currentActive, power.imaginary * shares.currentReactive)
        constantImpedance[node] += Complex(power.real * shares.impedanceActive, power.imaginary * shares.impedanceReactive)
    }

    /// Of all sections, in watt.
    public var totalWatts: Double { sectionWatts.reduce(0, +) }
    /// Of all sections.
    public var totalCustomers: Int { sectionCustomers.reduce(0, +) }
}

import SyntheticGrids

/// The network in physical quantities, for the peers: one array a quantity.
struct NetworkFile: Encodable {
    struct Lines: Encodable {
        var from: [Int], to: [Int], ohms: [Double], reactance: [Double], microsiemens: [Double]
    }

    struct Transformers: Encodable {
        var from: [Int], to: [Int], rated_va: [Double], uk: [Double], ukr: [Double], i0: [Double], p0: [Double], clock: [Int]
    }

    struct Loads: Encodable {
        var node: [Int], watts: [Double], vars: [Double]
    }

    var nominal_volts: [Double]
    var source_voltage: Double
    var lines: Lines
    var transformers: Transformers
    var loads: Loads
    var meters: [Meter]

    init(_ network: RadialNetwork, _ meters: [Meter]) {
        nominal_volts = network.nominalVolts
        source_voltage = network.sourceVoltage
        let (l, t) = (network.lines, network.transformers)
        lines = Lines(
            from: l.map(\.from), to: l.map(\.to), ohms: l.map(\.resistanceOhms), reactance: l.map(\.reactanceOhms),
            microsiemens: l.map(\.chargingMicrosiemens))
        transformers = Transformers(
            from: t.map(\.from), to: t.map(\.to), rated_va: t.map(\.ratedVA), uk: t.map(\.shortCircuitVoltage),
            ukr: t.map(\.shortCircuitResistance), i0: t.map(\.noLoadCurrent), p0: t.map(\.noLoadConductance), clock: t.map(\.clock))
        loads = Loads(node: network.loads.map(\.node), watts: network.loads.map(\.watts), vars: network.loads.map(\.vars))
        self.meters = meters
    }
}

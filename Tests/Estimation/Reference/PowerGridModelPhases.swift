import Estimation
import Foundation
import Grid

/// A case of power-grid-model in three phases: each node three conductors, lines by their positive and zero sequence, each symmetric sensor
/// one of every phase.
struct PowerGridModelPhases {
    let single: PowerGridModelGrid
    private(set) var grid: UnbalancedGrid
    private(set) var measurements: [Estimation.Measurement] = []

    init(_ components: [String: [PowerGridModelCase.Component]]) {
        let single = PowerGridModelGrid(components)
        self.single = single
        let count = single.grid.nodeCount
        grid = UnbalancedGrid(
            basePowerVA: single.grid.basePowerVA / 3, nominalVolts: (0..<3 * count).map { single.grid.nominalVolts[$0 / 3] / 3.0.squareRoot() },
            nominalAngles: (0..<3 * count).map { Self.angle($0 % 3) }, nodes: (0..<3 * count).map { Int32($0 / 3) },
            phases: (0..<3 * count).map { UInt8($0 % 3) }, elements: [], sources: [])
        for source in single.grid.sources {
            for phase in 0..<3 {
                grid.sources.append(
                    UnbalancedGrid.Source(conductor: 3 * source.node + Int32(phase), voltage: Complex(magnitude: 1, angle: Self.angle(phase))))
            }
        }
        let byID = Dictionary((components["line"] ?? []).map { ($0.id("id"), $0) }) { first, _ in first }
        let ids = Dictionary(single.branches.map { ($1, $0) }) { first, _ in first }
        for (position, branch) in single.grid.branches.enumerated() {
            addBranch(branch, line: ids[Int32(position)].flatMap { byID[$0] })
        }
        addMeasurements(components)
    }

    static func angle(_ phase: Int) -> Double { [0, -2 * Double.pi / 3, 2 * Double.pi / 3][phase] }

    private mutating func addBranch(_ branch: BalancedGrid.Branch, line: PowerGridModelCase.Component?) {
        let base = single.grid.nominalVolts[Int(branch.from)] * single.grid.nominalVolts[Int(branch.from)] / PowerGridModelCase.basePower
        var series = (positive: -branch.yft, zero: -branch.yft)
        var shunt = (positive: branch.yff + branch.yft, zero: branch.yff + branch.yft)
        if let line {
            series.zero = Complex(line.number("r0"), line.number("x0")).reciprocal * base
            let susceptance = 2 * Double.pi * PowerGridModelCase.frequency * line.number("c0") * base
            shunt.zero = Complex(susceptance * line.number("tan0") / 2, susceptance / 2)
        }
        var admittance: [Complex] = []
        for row in 0..<6 {
            for column in 0..<6 {
                let isSame = row % 3 == column % 3
                let between = Self.entry(series, isSame: isSame)
                admittance.append(row / 3 == column / 3 ? between + Self.entry(shunt, isSame: isSame) : -between)
            }
        }
        let terminals = (0..<3).map { 3 * branch.from + Int32($0) } + (0..<3).map { 3 * branch.to + Int32($0) }
        grid.elements.append(UnbalancedGrid.Element(terminals: terminals, firstEndCount: 3, admittance: admittance))
    }

    /// Of the phase matrix of a transposed line: (y0 + 2·y1)/3 on the diagonal, (y0 − y1)/3 beside it.
    private static func entry(_ sequences: (positive: Complex, zero: Complex), isSame: Bool) -> Complex {
        (1.0 / 3) * (isSame ? sequences.zero + 2 * sequences.positive : sequences.zero - sequences.positive)
    }

    private mutating func addMeasurements(_ components: [String: [PowerGridModelCase.Component]]) {
        let asymmetric = components["asym_voltage_sensor"] ?? []
        for sensor in asymmetric { addPhases(of: sensor) }
        for measurement in single.measurements where !(measurement.quantity == .voltageReal || measurement.quantity == .voltageImaginary) {
            for phase in 0..<3 { append(measurement, phase, value: measurement.value) }
        }
        let phasors = asymmetric.isEmpty ? single.measurements : []
        for (real, imaginary) in zip(phasors.filter { $0.quantity == .voltageReal }, phasors.filter { $0.quantity == .voltageImaginary }) {
            for phase in 0..<3 {
                let turned = Complex(real.value, imaginary.value) * Complex(magnitude: 1, angle: Self.angle(phase))
                append(real, phase, value: turned.real)
                append(imaginary, phase, value: turned.imaginary)
            }
        }
    }

    private mutating func append(_ measurement: Estimation.Measurement, _ phase: Int, value: Double) {
        let place: Place =
            switch measurement.place {
            case .node(let node): .node(3 * node + Int32(phase))
            case .branch(let branch, let end, _): .branch(branch, end, conductor: Int32(phase))
            }
        measurements.append(Estimation.Measurement(measurement.quantity, at: place, value: value, sigma: measurement.sigma))
    }

    private mutating func addPhases(of sensor: PowerGridModelCase.Component) {
        guard let node = single.nodes[sensor.id("measured_object")], let volts = sensor["u_measured"] as? [Double],
            let angles = sensor["u_angle_measured"] as? [Double]
        else { return }
        let rated = single.grid.nominalVolts[Int(node)] / 3.0.squareRoot()
        for phase in 0..<3 {
            let phasor = Complex(magnitude: volts[phase] / rated, angle: angles[phase])
            let place = Place.node(3 * node + Int32(phase))
            let sigma = sensor.number("u_sigma") / rated
            measurements.append(Estimation.Measurement(.voltageReal, at: place, value: phasor.real, sigma: sigma))
            measurements.append(Estimation.Measurement(.voltageImaginary, at: place, value: phasor.imaginary, sigma: sigma))
        }
    }

    var model: EstimationModel {
        get throws {
            let zeros = single.zeroInjections.flatMap { node in (0..<3).map { 3 * node + Int32($0) } }
            return try EstimationModel(grid: grid, measurements: measurements, zeroInjections: zeros)
        }
    }
}

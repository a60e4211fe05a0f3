import Estimation
import Foundation
import Grid

/// The IEEE 13 node feeder as the state estimator of GridAPPS-D records it (reference data, `se_gridappsd/ieee13assets`): the admittance
/// matrix at nominal taps, taps and voltages frame by frame, pseudo-measurements of the loads, and the true state.
struct GridAppsDCase {
    let names: [String]
    let numbers: [String: Int]
    let grid: UnbalancedGrid
    let rows: [[String: String]]
    let frames: [[String: Double]]
    let simulation: [[String: Double]]
    let taps: [(primary: Int, regulated: Int, column: String)]

    init() throws {
        func table(_ name: String) throws -> [[String: String]] {
            let lines = try ReferenceData.text("se_gridappsd/ieee13assets/\(name).csv").split(whereSeparator: \.isNewline)
            let keys = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return lines.dropFirst().map { line in
                Dictionary(uniqueKeysWithValues: zip(keys, line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)))
            }
        }
        func numeric(_ rows: [[String: String]]) -> [[String: Double]] { rows.map { $0.compactMapValues(Double.init) } }
        let names = try ReferenceData.text("se_gridappsd/ieee13assets/nodelist.csv").split(whereSeparator: \.isNewline).map(String.init)
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        self.names = names
        self.numbers = numbers
        rows = try table("measurements")
        frames = numeric(try table("measurement_data"))
        simulation = numeric(try table("simulation_data"))
        taps = rows.filter { $0["ztype"] == "aji" }.map { row in
            (numbers[row["znode1"] ?? ""] ?? 0, numbers[row["znode2"] ?? ""] ?? 0, row["zid"] ?? "")
        }
        grid = Self.grid(names, numbers, nominal: try table("vnom"), admittances: try table("yphys"), taps: taps, frame: frames[0])
    }

    /// One element a pair of nodes that the matrix joins, one to ground each node. With the regulator's ratio a at its secondary, an
    /// admittance between its sides is divided by a, the one of its primary by a².
    private static func grid(
        _ names: [String], _ numbers: [String: Int], nominal: [[String: String]], admittances: [[String: String]],
        taps: [(primary: Int, regulated: Int, column: String)], frame: [String: Double]
    ) -> UnbalancedGrid {
        let count = names.count
        var angles = [Double](repeating: 0, count: count)
        var volts = angles
        for row in nominal {
            guard let node = numbers[row["Nodename"] ?? ""] else { continue }
            angles[node] = (Double(row["Arg"] ?? "") ?? 0) * .pi / 180
            volts[node] = Double(row["Mag"] ?? "") ?? 1
        }
        var matrix = [[Complex]](repeating: [Complex](repeating: .zero, count: count), count: count)
        for row in admittances {
            let (i, j) = ((Int(row["Row"] ?? "") ?? 1) - 1, (Int(row["Col"] ?? "") ?? 1) - 1)
            let siemens = Complex(Double(row["G"] ?? "") ?? 0, Double(row["B"] ?? "") ?? 0)
            matrix[i][j] = siemens * (volts[i] * volts[j] / 1e6)
            matrix[j][i] = matrix[i][j]
        }
        for (primary, regulated, column) in taps { regulate(&matrix, primary, regulated, ratio: frame[column] ?? 1) }
        var elements: [UnbalancedGrid.Element] = []
        for i in 0..<count {
            elements.append(UnbalancedGrid.Element(terminals: [Int32(i)], firstEndCount: 1, admittance: [matrix[i][i]]))
            for j in i + 1..<max(count, i + 1) where matrix[i][j] != .zero {
                elements.append(
                    UnbalancedGrid.Element(
                        terminals: [Int32(i), Int32(j)], firstEndCount: 1, admittance: [.zero, matrix[i][j], matrix[j][i], .zero]))
            }
        }
        let buses = names.map { String($0.split(separator: ".")[0]) }
        var owners: [String: Int32] = [:]
        for bus in buses where owners[bus] == nil { owners[bus] = Int32(owners.count) }
        return UnbalancedGrid(
            basePowerVA: 1e6, nominalVolts: volts, nominalAngles: angles, nodes: buses.map { owners[$0] ?? 0 },
            phases: names.map { UInt8($0.split(separator: ".")[1]).map { $0 - 1 } ?? 0 }, elements: elements,
            sources: (1...3).compactMap { phase in
                numbers["SOURCEBUS.\(phase)"].map { UnbalancedGrid.Source(conductor: Int32($0), voltage: Complex(magnitude: 1, angle: angles[$0])) }
            })
    }

    private static func regulate(_ matrix: inout [[Complex]], _ primary: Int, _ regulated: Int, ratio: Double) {
        let through = matrix[primary][regulated]
        matrix[primary][regulated] = through / ratio
        matrix[regulated][primary] = through / ratio
        matrix[regulated][regulated] += -through / (ratio * ratio) + through
    }

    /// - Parameter meterSigma: of the voltage meters; nil takes the recorded 0.01 per unit.
    func model(frame: Int, meterSigma: Double? = nil) throws -> EstimationModel {
        var measurements: [Estimation.Measurement] = []
        for row in rows {
            guard let node = numbers[row["znode1"] ?? ""], let recorded = Double(row["zsig"] ?? "") else { continue }
            let sigma = row["ztype"] == "vi" ? min(recorded, meterSigma ?? recorded) : recorded
            let value = frames[frame][row["zid"] ?? ""] ?? Double(row["zval"] ?? "") ?? 0
            let origin: Estimation.Measurement.Origin = row["zpseudo"] == "1" ? .pseudo : .meter
            let place = Place.node(Int32(node))
            switch row["ztype"] {
            case "vi": measurements.append(Estimation.Measurement(.voltageMagnitude, at: place, value: value, sigma: sigma, origin: origin))
            case "Ti":
                let angle = value + grid.nominalAngles[node]
                measurements.append(Estimation.Measurement(.voltageAngle, at: place, value: angle, sigma: sigma, origin: origin))
            case "Pi": measurements.append(Estimation.Measurement(.activePower, at: place, value: value, sigma: sigma, origin: origin))
            case "Qi": measurements.append(Estimation.Measurement(.reactivePower, at: place, value: value, sigma: sigma, origin: origin))
            default: continue
            }
        }
        return try EstimationModel(grid: grid, measurements: measurements, zeroInjections: [])
    }
}

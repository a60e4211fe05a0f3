import Estimation
import Foundation
import Grid

/// A network of the schema `se-case-3ph/1` with its measurement sets (reference data, `se_cases`).
struct UnbalancedCase: Decodable {
    var name: String
    var s_base_va: Double
    var nodes: [Node]
    var elements: [Element]
    var branches: [Branch]
    var slack_nodes: [Int32]
    var true_state: State
    var measurement_sets: [MeasurementSet]

    struct Node: Decodable {
        var bus: String
        var phase: Int
        var v_base_v: Double
    }

    struct Element: Decodable {
        var terminals: [[Int32]]
        var y_re: [[Double]]
        var y_im: [[Double]]
    }

    struct Branch: Decodable {
        var element: Int32
        var conductor: Int32
    }

    private enum CodingKeys: String, CodingKey {
        case name, s_base_va, nodes, elements, branches, slack_nodes, true_state, measurement_sets
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        s_base_va = try values.decode(Double.self, forKey: .s_base_va)
        nodes = try values.decode([Node].self, forKey: .nodes)
        elements = try values.decode([Element].self, forKey: .elements)
        branches = try values.decode([Branch].self, forKey: .branches)
        slack_nodes = try values.decode([Int32].self, forKey: .slack_nodes)
        true_state = try values.decode(State.self, forKey: .true_state)
        measurement_sets = try values.decode([MeasurementSet].self, forKey: .measurement_sets)
    }

    var grid: UnbalancedGrid {
        var numbers: [String: Int32] = [:]
        var owners: [Int32] = []
        for node in nodes {
            let number = numbers[node.bus] ?? Int32(numbers.count)
            numbers[node.bus] = number
            owners.append(number)
        }
        return UnbalancedGrid(
            basePowerVA: s_base_va, nominalVolts: nodes.map(\.v_base_v), nominalAngles: nominalAngles, nodes: owners,
            phases: nodes.map { UInt8($0.phase - 1) }, elements: elements.map { element($0) },
            sources: slack_nodes.map { UnbalancedGrid.Source(conductor: $0, voltage: true_state.voltages[Int($0)]) })
    }

    /// The multiple of 30° nearest to the solution: the schema does not tell the shifts of transformers.
    private var nominalAngles: [Double] {
        let step = Double.pi / 6
        return true_state.va_rad.map { ($0 / step).rounded() * step }
    }

    private func element(_ element: Element) -> UnbalancedGrid.Element {
        let terminals = element.terminals.flatMap { $0 }
        var admittance: [Complex] = []
        for (row, a) in terminals.enumerated() {
            for (column, b) in terminals.enumerated() {
                let scale = nodes[Int(a)].v_base_v * nodes[Int(b)].v_base_v / s_base_va
                admittance.append(Complex(element.y_re[row][column] * scale, element.y_im[row][column] * scale))
            }
        }
        return UnbalancedGrid.Element(terminals: terminals, firstEndCount: element.terminals[0].count, admittance: admittance)
    }

    func model(_ set: MeasurementSet, exact: Bool = false) throws -> EstimationModel {
        try EstimationModel(
            grid: grid,
            measurements: set.measurements.map { reading in
                reading.measurement(basePower: s_base_va / 1000, exact: exact) { branch, end in
                    .branch(branches[Int(branch)].element, end, conductor: branches[Int(branch)].conductor)
                }
            },
            zeroInjections: set.zero_injection_nodes ?? [])
    }

    func set(_ name: String) -> MeasurementSet? { measurement_sets.first { $0.name == name } }
}

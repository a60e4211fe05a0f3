import Foundation
import Grid

/// An unbalanced case of the reference data's `se_cases` (`se-case-3ph/1`), as far as a power flow needs it.
struct UnbalancedReferenceCase: Decodable {
    struct Node: Decodable {
        let bus: String
        let phase: Int
        let v_base_v: Double
    }

    struct Element: Decodable {
        let terminals: [[Int32]]
        let y_re: [[Double]]
        let y_im: [[Double]]
    }

    struct Injection: Decodable {
        let node: Int
        let p_kw: Double
        let q_kvar: Double
    }

    struct Expected: Decodable {
        let slack_p_kw: [Double]?
        let slack_q_kvar: [Double]?
    }

    let s_base_va: Double
    let nodes: [Node]
    let elements: [Element]
    let slack_nodes: [Int]
    let injections: [Injection]
    let true_state: ReferenceCase.TrueState
    let expected_power_flow: Expected

    static func named(_ name: String) throws -> UnbalancedReferenceCase {
        try JSONDecoder().decode(UnbalancedReferenceCase.self, from: Data(ReferenceData.bytes(ReferenceData.path("se_cases/\(name).json"))))
    }

    var voltages: [Complex] { zip(true_state.v_pu, true_state.va_rad).map { Complex(magnitude: $0, angle: $1) } }

    var grid: UnbalancedGrid {
        var numbers: [String: Int32] = [:]
        for node in nodes where numbers[node.bus] == nil { numbers[node.bus] = Int32(numbers.count) }
        return UnbalancedGrid(
            basePowerVA: s_base_va, nominalVolts: nodes.map(\.v_base_v), nominalAngles: nodes.map { -Double($0.phase - 1) * 2 * .pi / 3 },
            nodes: nodes.map { numbers[$0.bus] ?? 0 }, phases: nodes.map { UInt8($0.phase - 1) },
            elements: elements.map { element in
                let terminals = element.terminals.flatMap { $0 }
                var admittance: [Complex] = []
                for (i, a) in terminals.enumerated() {
                    for (j, b) in terminals.enumerated() {
                        let scale = nodes[Int(a)].v_base_v * nodes[Int(b)].v_base_v / s_base_va
                        admittance.append(scale * Complex(element.y_re[i][j], element.y_im[i][j]))
                    }
                }
                return .init(terminals: terminals, firstEndCount: element.terminals[0].count, admittance: admittance)
            },
            sources: slack_nodes.map { .init(conductor: Int32($0), voltage: voltages[$0]) })
    }

    var connections: [LoadConnection] { injections.map { .wye(Int32($0.node)) } }
    var powers: Injections { Injections(constantPower: injections.map { Complex($0.p_kw, $0.q_kvar) * (1000 / s_base_va) }) }
}

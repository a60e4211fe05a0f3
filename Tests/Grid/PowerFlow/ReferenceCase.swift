import Foundation
import Grid

/// A balanced case of the reference data's `se_cases` (`se-case/1`), as far as a power flow needs it.
struct ReferenceCase: Decodable {
    struct Bus: Decodable {
        let id: Int
        let vn_kv: Double
        let shunt_g: Double?
        let shunt_b: Double?
    }

    struct Branch: Decodable {
        let from: Int
        let to: Int
        let r: Double
        let x: Double
        let g: Double
        let b: Double
        let ratio: Double
        let shift_deg: Double
    }

    struct Injection: Decodable {
        let bus: Int
        let p_mw: Double
        let q_mvar: Double
    }

    struct TrueState: Decodable {
        let v_pu: [Double]
        let va_rad: [Double]
    }

    struct Expected: Decodable {
        let p_from_mw: [Double]
        let q_from_mvar: [Double]
        let losses_mw: Double
    }

    let base_mva: Double
    let buses: [Bus]
    let branches: [Branch]
    let injections: [Injection]
    let slack: [Int]
    let nominal_angle_deg: [Double]?
    let true_state: TrueState
    let expected_power_flow: Expected

    static let names = [
        "case33bw", "cigre_mv", "cigre_mv_der", "cigre_lv", "mv_oberrhein", "simbench_lv_rural1", "simbench_mv_rural", "case118",
        "case1354pegase", "synth_radial_1k",
    ]

    static func named(_ name: String) throws -> ReferenceCase {
        try JSONDecoder().decode(ReferenceCase.self, from: Data(ReferenceData.bytes(ReferenceData.path("se_cases/\(name).json"))))
    }

    var voltages: [Complex] { zip(true_state.v_pu, true_state.va_rad).map { Complex(magnitude: $0, angle: $1) } }

    var grid: BalancedGrid {
        let angles = nominal_angle_deg ?? [Double](repeating: 0, count: buses.count)
        return BalancedGrid(
            basePowerVA: base_mva * 1e6, nominalVolts: buses.map { $0.vn_kv * 1000 }, nominalAngles: angles.map { $0 * .pi / 180 },
            branches: branches.map { branch in
                let (y, half) = (Complex(branch.r, branch.x).reciprocal, Complex(branch.g / 2, branch.b / 2))
                let ratio = Complex(magnitude: branch.ratio, angle: branch.shift_deg * .pi / 180)
                return .init(
                    from: Int32(branch.from), to: Int32(branch.to), yff: (y + half) / ratio.squaredMagnitude, yft: -(y / ratio.conjugate),
                    ytf: -(y / ratio), ytt: y + half)
            },
            shunts: buses.map { Complex($0.shunt_g ?? 0, $0.shunt_b ?? 0) }, sources: slack.map { .init(node: Int32($0), voltage: voltages[$0]) })
    }

    var powers: Injections {
        var powers = [Complex](repeating: .zero, count: buses.count)
        for injection in injections { powers[injection.bus] += Complex(injection.p_mw, injection.q_mvar) / base_mva }
        return Injections(constantPower: powers)
    }
}

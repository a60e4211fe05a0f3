import Estimation
import Foundation
import Grid

/// A network of the schema `se-case/1` with its measurement sets (reference data, `se_cases`).
struct BalancedCase: Decodable {
    var name: String
    var base_mva: Double
    var buses: [Bus]
    var branches: [Branch]
    var injections: [Injection]
    var slack: [Int32]
    var true_state: State
    var reference_angle_rad: [String: Double]?
    var nominal_angle_deg: [Double]?
    var measurement_sets: [MeasurementSet]

    struct Bus: Decodable {
        var vn_kv: Double
        var shunt_g: Double?
        var shunt_b: Double?
    }

    struct Branch: Decodable {
        var id: Int32
        var src: String?
        var from: Int32
        var to: Int32
        var r: Double
        var x: Double
        var g: Double
        var b: Double
        var ratio: Double
        var shift_deg: Double
    }

    struct Injection: Decodable {
        var bus: Int32
        var p_mw: Double
        var q_mvar: Double
    }

    var grid: BalancedGrid {
        let nominal = nominal_angle_deg ?? Array(repeating: 0, count: buses.count)
        return BalancedGrid(
            basePowerVA: base_mva * 1e6, nominalVolts: buses.map { $0.vn_kv * 1000 }, nominalAngles: nominal.map { $0 * .pi / 180 },
            branches: branches.map(\.admittances), shunts: buses.map { Complex($0.shunt_g ?? 0, $0.shunt_b ?? 0) },
            sources: slack.map { BalancedGrid.Source(node: $0, voltage: sourceVoltage($0)) })
    }

    private func sourceVoltage(_ bus: Int32) -> Complex {
        Complex(magnitude: true_state.v_pu[Int(bus)], angle: reference_angle_rad?["\(bus)"] ?? true_state.va_rad[Int(bus)])
    }

    /// - Parameter exact: takes the noise-free values.
    func model(_ set: MeasurementSet, exact: Bool = false) throws -> EstimationModel {
        try EstimationModel(
            grid: grid, measurements: set.measurements.map { $0.measurement(basePower: base_mva, exact: exact) },
            zeroInjections: set.zero_injection_buses ?? [])
    }

    func set(_ name: String) -> MeasurementSet? { measurement_sets.first { $0.name == name } }
}

extension BalancedCase.Branch {
    /// The pi model behind the ideal transformer at the from side.
    var admittances: BalancedGrid.Branch {
        let y = Complex(r, x).reciprocal
        let shunt = Complex(g / 2, b / 2)
        let ratio = Complex(magnitude: self.ratio, angle: shift_deg * .pi / 180)
        return BalancedGrid.Branch(
            from: from, to: to, yff: (y + shunt) / ratio.squaredMagnitude, yft: -(y / ratio.conjugate), ytf: -(y / ratio), ytt: y + shunt)
    }
}

struct State: Decodable {
    var v_pu: [Double]
    var va_rad: [Double]
    var objective: Double?
    var dof: Int?
    var chi2_95: Double?

    var voltages: [Complex] { zip(v_pu, va_rad).map { Complex(magnitude: $0, angle: $1) } }

    func distance(to other: [Complex]) -> Double { zip(voltages, other).map { ($0 - $1).magnitude }.max() ?? .infinity }
}

struct MeasurementSet: Decodable {
    var name: String
    var zero_injection_buses: [Int32]?
    var zero_injection_nodes: [Int32]?
    var measurements: [Reading]
    var expected: Expected

    struct Expected: Decodable {
        var wls: State?
        var observable: Bool?
        var nullity: Int?
        var unobservable_buses: [Int]?
        var largest_normalized_residuals: [Residual]?
        var critical_measurements: [Int]?
        var bad_measurements: [Int]?
        var lnr_removal_order: [Int]?
        var lnr_threshold: Double?
        var after_removal: State?
    }

    struct Residual: Decodable {
        var id: Int
        var rn: Double
    }

    struct Reading: Decodable {
        var id: Int
        var type: String
        var el: Int32
        var value: Double
        var sigma: Double
        var `true`: Double
        var kind: String?
    }
}

extension MeasurementSet.Reading {
    /// Foundation has a `Measurement` of its own, hence the module's name.
    ///
    /// - Parameters:
    ///   - basePower: in the unit of the powers.
    ///   - ends: for an unbalanced case, the place of each branch's conductor.
    func measurement(
        basePower: Double, exact: Bool, ends: (Int32, Place.End) -> Place = { .branch($0, $1) }
    ) -> Estimation.Measurement {
        let number = exact ? `true` : value
        let origin: Estimation.Measurement.Origin = kind == "pseudo" ? .pseudo : .meter
        func power(_ quantity: Quantity, _ place: Place) -> Estimation.Measurement {
            Estimation.Measurement(quantity, at: place, value: number / basePower, sigma: sigma / basePower, origin: origin)
        }
        func plain(_ quantity: Quantity, _ place: Place) -> Estimation.Measurement {
            Estimation.Measurement(quantity, at: place, value: number, sigma: sigma, origin: origin)
        }
        return switch type {
        case "v_mag": plain(.voltageMagnitude, .node(el))
        case "v_ang": plain(.voltageAngle, .node(el))
        case "p_inj": power(.activePower, .node(el))
        case "q_inj": power(.reactivePower, .node(el))
        case "p_from": power(.activePower, ends(el, .first))
        case "q_from": power(.reactivePower, ends(el, .first))
        case "p_to": power(.activePower, ends(el, .second))
        case "q_to": power(.reactivePower, ends(el, .second))
        case "i_from": plain(.currentMagnitude, ends(el, .first))
        case "i_to": plain(.currentMagnitude, ends(el, .second))
        case "ire_from": plain(.currentReal, ends(el, .first))
        default: plain(.currentImaginary, ends(el, .first))
        }
    }
}

import Estimation
import Foundation
import Grid

/// A case of power-grid-model's validation data (reference data, `se_pgm`), read as its documentation describes the components: symmetric
/// lines, links, shunts, sources, loads and sensors.
struct PowerGridModelCase {
    typealias Component = [String: Any]

    let name: String
    let components: [String: [Component]]
    let expected: [String: [Component]]
    /// For a batch the changed sensors and the output of each scenario.
    let updates: [[String: [Component]]]
    let expectedBatch: [[String: [Component]]]
    let relativeTolerance: Double
    let absoluteTolerance: Double
    let isRefused: Bool

    static let basePower = 1e6
    static let frequency = 50.0

    init(_ path: String) throws {
        name = path
        func json(_ file: String) throws -> [String: Any] {
            let url = ReferenceData.folder.appending(path: "se_pgm/\(path)/\(file).json")
            return try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
        }
        components = try json("input")["data"] as? [String: [Component]] ?? [:]
        expected = (try? json("sym_output"))?["data"] as? [String: [Component]] ?? [:]
        updates = (try? json("update_batch"))?["data"] as? [[String: [Component]]] ?? []
        expectedBatch = (try? json("sym_output_batch"))?["data"] as? [[String: [Component]]] ?? []
        let parameters = try json("params")
        relativeTolerance = parameters["rtol"] as? Double ?? 1e-8
        absoluteTolerance = parameters["atol"] as? Double ?? (parameters["atol"] as? [String: Any])?["default"] as? Double ?? 1e-8
        isRefused = parameters["raises"] != nil
    }

    /// An expected output of a case: by component.
    static func output(_ file: String, of path: String) throws -> [String: [Component]] {
        let url = ReferenceData.folder.appending(path: "se_pgm/\(path)/\(file).json")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
        return json["data"] as? [String: [Component]] ?? [:]
    }

    /// The case with a scenario's sensors.
    func components(scenario: Int?) -> [String: [Component]] {
        guard let scenario else { return components }
        var changed = components
        for (kind, updates) in updates[scenario] {
            changed[kind] = changed[kind]?.map { component in
                let update = updates.first { $0["id"] as? Int == component["id"] as? Int } ?? [:]
                return component.merging(update) { _, new in new }
            }
        }
        return changed
    }
}

/// The energised part of a case as a model, and where its components are in it.
struct PowerGridModelGrid {
    var grid: BalancedGrid
    var measurements: [Estimation.Measurement] = []
    var zeroInjections: [Int32] = []
    /// Node number by id, branch number by id.
    var nodes: [Int: Int32] = [:]
    var branches: [Int: Int32] = [:]
    private let components: [String: [PowerGridModelCase.Component]]

    init(_ components: [String: [PowerGridModelCase.Component]]) {
        self.components = components
        grid = BalancedGrid(basePowerVA: PowerGridModelCase.basePower, nominalVolts: [], nominalAngles: [], branches: [], shunts: [], sources: [])
        for node in Self.energised(components) {
            nodes[node.id("id")] = Int32(grid.nominalVolts.count)
            grid.nominalVolts.append(node.number("u_rated"))
        }
        grid.nominalAngles = Array(repeating: 0, count: grid.nodeCount)
        grid.shunts = Array(repeating: .zero, count: grid.nodeCount)
        addBranches()
        for source in components["source"] ?? [] where source.id("status") == 1 {
            if let node = nodes[source.id("node")] { grid.sources.append(BalancedGrid.Source(node: node, voltage: .one)) }
        }
        addVoltages()
        addPowers()
        addCurrents()
    }

    private static func branchesClosed(_ components: [String: [PowerGridModelCase.Component]]) -> [PowerGridModelCase.Component] {
        ((components["line"] ?? []) + (components["link"] ?? [])).filter { $0.id("from_status") == 1 && $0.id("to_status") == 1 }
    }

    private static func energised(_ components: [String: [PowerGridModelCase.Component]]) -> [PowerGridModelCase.Component] {
        var reached = Set((components["source"] ?? []).filter { $0.id("status") == 1 }.map { $0.id("node") })
        var grows = true
        while grows {
            let before = reached.count
            for branch in branchesClosed(components) where reached.contains(branch.id("from_node")) || reached.contains(branch.id("to_node")) {
                reached.formUnion([branch.id("from_node"), branch.id("to_node")])
            }
            grows = reached.count > before
        }
        return (components["node"] ?? []).filter { reached.contains($0.id("id")) }
    }

    private mutating func addBranches() {
        for branch in Self.branchesClosed(components) {
            guard let from = nodes[branch.id("from_node")], let to = nodes[branch.id("to_node")] else { continue }
            let base = grid.nominalVolts[Int(from)] * grid.nominalVolts[Int(from)] / PowerGridModelCase.basePower
            var y = Complex(1e6, 1e6)
            var shunt = Complex.zero
            if branch["r1"] != nil {
                y = Complex(branch.number("r1"), branch.number("x1")).reciprocal * base
                let susceptance = 2 * Double.pi * PowerGridModelCase.frequency * branch.number("c1") * base
                shunt = Complex(susceptance * branch.number("tan1") / 2, susceptance / 2)
            }
            branches[branch.id("id")] = Int32(grid.branches.count)
            grid.branches.append(BalancedGrid.Branch(from: from, to: to, yff: y + shunt, yft: -y, ytf: -y, ytt: y + shunt))
        }
        for shunt in components["shunt"] ?? [] where shunt.id("status") == 1 {
            guard let node = nodes[shunt.id("node")] else { continue }
            let base = grid.nominalVolts[Int(node)] * grid.nominalVolts[Int(node)] / PowerGridModelCase.basePower
            grid.shunts[Int(node)] += Complex(shunt.number("g1"), shunt.number("b1")) * base
        }
    }

    /// A sensor with an angle is a phasor with the same variance in both directions.
    private mutating func addVoltages() {
        for sensor in components["sym_voltage_sensor"] ?? [] {
            guard let node = nodes[sensor.id("measured_object")] else { continue }
            let rated = grid.nominalVolts[Int(node)]
            addVoltage(sensor.number("u_measured") / rated, angle: sensor["u_angle_measured"] as? Double, sensor.number("u_sigma") / rated, node)
        }
        for sensor in components["asym_voltage_sensor"] ?? [] {
            guard let node = nodes[sensor.id("measured_object")], let volts = sensor["u_measured"] as? [Double],
                let angles = sensor["u_angle_measured"] as? [Double]
            else { continue }
            var mean = Complex.zero
            for phase in 0..<3 { mean += Complex(magnitude: volts[phase] / 3, angle: angles[phase] + Double(phase) * 2 * .pi / 3) }
            let rated = grid.nominalVolts[Int(node)] / 3.0.squareRoot()
            addVoltage(mean.magnitude / rated, angle: mean.angle, sensor.number("u_sigma") / rated, node)
        }
    }

    private mutating func addVoltage(_ magnitude: Double, angle: Double?, _ sigma: Double, _ node: Int32) {
        guard let angle else {
            measurements.append(Estimation.Measurement(.voltageMagnitude, at: .node(node), value: magnitude, sigma: sigma))
            return
        }
        let phasor = Complex(magnitude: magnitude, angle: angle)
        measurements.append(Estimation.Measurement(.voltageReal, at: .node(node), value: phasor.real, sigma: sigma))
        measurements.append(Estimation.Measurement(.voltageImaginary, at: .node(node), value: phasor.imaginary, sigma: sigma))
    }

    private typealias Power = (p: Double, q: Double, pVariance: Double, qVariance: Double)

    /// The variance of the apparent power is shared by P and Q.
    private func power(_ sensor: PowerGridModelCase.Component, sign: Double = 1) -> Power {
        let base = PowerGridModelCase.basePower
        let apparent = sensor.number("power_sigma") / 2.0.squareRoot()
        let p = (sensor["p_sigma"] == nil ? apparent : sensor.number("p_sigma")) / base
        let q = (sensor["q_sigma"] == nil ? apparent : sensor.number("q_sigma")) / base
        return (sign * sensor.number("p_measured") / base, sign * sensor.number("q_measured") / base, p * p, q * q)
    }

    private mutating func add(_ power: Power, at place: Place) {
        measurements.append(Estimation.Measurement(.activePower, at: place, value: power.p, sigma: power.pVariance.squareRoot()))
        measurements.append(Estimation.Measurement(.reactivePower, at: place, value: power.q, sigma: power.qVariance.squareRoot()))
    }

    /// The injection of a node is measured where every appliance there is, or the node itself.
    private mutating func addPowers() {
        let sensors = components["sym_power_sensor"] ?? []
        for sensor in sensors where sensor.id("measured_terminal_type") <= 1 {
            guard let branch = branches[sensor.id("measured_object")] else { continue }
            add(power(sensor), at: .branch(branch, sensor.id("measured_terminal_type") == 0 ? .first : .second))
        }
        for (id, node) in nodes {
            let appliances = Self.kinds.flatMap { kind, sign in
                (components[kind] ?? []).filter { $0.id("node") == id && $0.id("status") == 1 }.map { ($0.id("id"), sign) }
            }
            if appliances.isEmpty {
                zeroInjections.append(node)
                continue
            }
            for sensor in sensors where sensor.id("measured_terminal_type") == 9 && sensor.id("measured_object") == id {
                add(power(sensor), at: .node(node))
            }
            addAppliances(appliances, sensors, node)
        }
    }

    private static let kinds: [(String, Double)] = [
        ("source", 1), ("sym_load", -1), ("asym_load", -1), ("sym_gen", 1), ("asym_gen", 1),
    ]

    private mutating func addAppliances(_ appliances: [(Int, Double)], _ sensors: [PowerGridModelCase.Component], _ node: Int32) {
        var sum: Power = (0, 0, 0, 0)
        for (id, sign) in appliances {
            let own = sensors.filter { $0.id("measured_object") == id && (2...5).contains($0.id("measured_terminal_type")) }
            guard let sensor = own.first else { return }
            let part = power(sensor, sign: sign)
            sum = (sum.p + part.p, sum.q + part.q, sum.pVariance + part.pVariance, sum.qVariance + part.qVariance)
        }
        add(sum, at: .node(node))
    }

    /// A current in polar form, its variances carried over to the rectangular one; a local angle is that of the power.
    private mutating func addCurrents() {
        for sensor in components["sym_current_sensor"] ?? [] {
            guard let branch = branches[sensor.id("measured_object")] else { continue }
            let isFirst = sensor.id("measured_terminal_type") == 0
            let node = isFirst ? grid.branches[Int(branch)].from : grid.branches[Int(branch)].to
            let base = PowerGridModelCase.basePower / (3.0.squareRoot() * grid.nominalVolts[Int(node)])
            let (i, sigma) = (sensor.number("i_measured") / base, sensor.number("i_sigma") / base)
            let (angle, angleSigma) = (sensor.number("i_angle_measured"), sensor.number("i_angle_sigma"))
            let (along, across) = (sigma * sigma, i * i * angleSigma * angleSigma)
            let real = (along * cos(angle) * cos(angle) + across * sin(angle) * sin(angle)).squareRoot()
            let imaginary = (along * sin(angle) * sin(angle) + across * cos(angle) * cos(angle)).squareRoot()
            let place = Place.branch(branch, isFirst ? .first : .second)
            let isLocal = sensor.id("angle_measurement_type") == 0
            measurements.append(Estimation.Measurement(isLocal ? .activeCurrent : .currentReal, at: place, value: i * cos(angle), sigma: real))
            measurements.append(
                Estimation.Measurement(
                    isLocal ? .reactiveCurrent : .currentImaginary, at: place, value: i * sin(angle), sigma: imaginary))
        }
    }

    var model: EstimationModel {
        get throws { try EstimationModel(grid: grid, measurements: measurements, zeroInjections: zeroInjections) }
    }
}

extension [String: Any] {
    func number(_ key: String) -> Double {
        if let text = self[key] as? String { return Double(text) ?? .nan }
        return self[key] as? Double ?? .nan
    }

    func id(_ key: String) -> Int { self[key] as? Int ?? -1 }
}

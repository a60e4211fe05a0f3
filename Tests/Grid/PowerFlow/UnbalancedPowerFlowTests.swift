import Grid
import Testing

@Suite("Unbalanced power flow")
struct UnbalancedPowerFlowTests {
    /// Conductors 0–2 hold the source's voltages, 3–5 are behind a line of `impedance` a phase without coupling.
    static func threeWires(_ impedance: Complex) -> UnbalancedGrid {
        let y = impedance.reciprocal
        var admittance = [Complex](repeating: .zero, count: 36)
        for k in 0..<3 {
            admittance[k * 6 + k] = y
            admittance[(k + 3) * 6 + k + 3] = y
            admittance[k * 6 + k + 3] = -y
            admittance[(k + 3) * 6 + k] = -y
        }
        return grid(conductors: 6, [.init(terminals: [0, 1, 2, 3, 4, 5], firstEndCount: 3, admittance: admittance)])
    }

    static func grid(conductors: Int, _ elements: [UnbalancedGrid.Element]) -> UnbalancedGrid {
        UnbalancedGrid(
            basePowerVA: 1e5, nominalVolts: [Double](repeating: 230, count: conductors), nominalAngles: (0..<conductors).map { angle($0) },
            nodes: (0..<Int32(conductors)).map { $0 / 3 }, phases: (0..<conductors).map { UInt8($0 % 3) }, elements: elements,
            sources: (0..<3).map { .init(conductor: $0, voltage: Complex(magnitude: 1, angle: angle(Int($0)))) })
    }

    static func angle(_ conductor: Int) -> Double { -Double(conductor % 3) * 2 * .pi / 3 }

    let impedance = Complex(0.03, 0.05)

    @Test("Without coupling every phase is a grid of two nodes", arguments: PowerFlowTests.methods)
    func phases(method: PowerFlowOptions.Method) throws {
        let powerFlow = try UnbalancedPowerFlow(
            Self.threeWires(impedance), connections: [.wye(3), .wye(4)], options: PowerFlowOptions(method: method, tolerance: 1e-12))
        var state = PowerFlowState()
        let loads = [Complex(1, 0.5), Complex(2, -0.3)]
        let report = try powerFlow.solve(Injections(constantPower: loads.map { -$0 }), into: &state)
        #expect(report.converged && report.method == method)
        for (phase, load) in loads.enumerated() {
            #expect(abs(state.voltages[3 + phase].magnitude - SmallGrids.magnitude(load: load, impedance: impedance)) < 1e-10)
        }
        #expect((state.voltages[5] - Complex(magnitude: 1, angle: Self.angle(2))).magnitude < 1e-12)
        let taken = powerFlow.flows(state)[0].loss + loads[0] + loads[1]
        #expect((powerFlow.sourcePowers(state).reduce(.zero, +) - taken).magnitude < 1e-10)
    }

    @Test("A balanced delta load draws what the same load in wye draws, whatever its dependence on voltage", arguments: 0..<3)
    func deltaAndWye(kind: Int) throws {
        let power = [Complex](repeating: Complex(-1, -0.4), count: 3)
        let none = [Complex](repeating: .zero, count: 3)
        let injections = Injections(
            constantPower: kind == 0 ? power : none, constantCurrent: kind == 1 ? power : [], constantImpedance: kind == 2 ? power : [])
        var states: [PowerFlowState] = []
        for connections in [[LoadConnection.wye(3), .wye(4), .wye(5)], [.delta(3, 4), .delta(4, 5), .delta(5, 3)]] {
            for method in PowerFlowTests.methods {
                let options = PowerFlowOptions(method: method, tolerance: 1e-12)
                var state = PowerFlowState()
                #expect(try UnbalancedPowerFlow(Self.threeWires(impedance), connections: connections, options: options).solve(injections, into: &state).converged)
                states.append(state)
            }
        }
        for other in states.dropFirst() { #expect(zip(states[0].voltages, other.voltages).allSatisfy { ($0 - $1).magnitude < 1e-10 }) }
    }

    @Test("Behind a delta winding without any ground the voltages between conductors are solved, and the power balances")
    func ungrounded() throws {
        // Three single-phase windings of ratio 1 between the phases on both sides: the other side has no way to ground.
        let y = Complex(0.01, 0.05).reciprocal
        var admittance = [Complex](repeating: .zero, count: 36)
        for k in 0..<3 {
            let ends: [(Int, Double)] = [(k, 1), ((k + 1) % 3, -1), (k + 3, -1), ((k + 1) % 3 + 3, 1)]
            for (a, sa) in ends { for (b, sb) in ends { admittance[a * 6 + b] += sa * sb * y } }
        }
        let grid = Self.grid(conductors: 6, [.init(terminals: [0, 1, 2, 3, 4, 5], firstEndCount: 3, admittance: admittance)])
        let powerFlow = try UnbalancedPowerFlow(grid, connections: [.delta(3, 4), .delta(4, 5)])
        var state = PowerFlowState()
        let report = try powerFlow.solve(Injections(constantPower: [Complex(-1, -0.5), Complex(-0.6, 0)]), into: &state)
        #expect(report.converged)
        let lines = [(3, 4), (4, 5), (5, 3)].map { state.voltages[$0.0] - state.voltages[$0.1] }
        #expect(lines.allSatisfy { (1.5...1.75).contains($0.magnitude) })
        let source = powerFlow.sourcePowers(state).reduce(Complex.zero, +)
        #expect((source - Complex(1.6, 0.5) - powerFlow.flows(state)[0].loss).magnitude < 1e-5)
        #expect(state.voltages[3...].reduce(Complex.zero, +).magnitude < 1e-3)
    }

    @Test("A regulator brings the end of its compensated line into the band; fixed, it stays where it is")
    func regulator() throws {
        let regulatorElement = UnbalancedGrid.Element(
            terminals: [0, 3], firstEndCount: 1, admittance: [Complex(100, -400), Complex(-100, 400), Complex(-100, 400), Complex(100, -400)])
        let y = impedance.reciprocal
        let line = UnbalancedGrid.Element(terminals: [3, 4], firstEndCount: 1, admittance: [y, -y, -y, y])
        var grid = Self.grid(conductors: 5, [regulatorElement, line])
        grid.sources = Array(grid.sources[..<1])
        grid.elements.append(.init(terminals: [1, 2, 0], firstEndCount: 3, admittance: [Complex](repeating: .zero, count: 9)))
        for conductor in [1, 2] { grid.elements.append(.init(terminals: [Int32(conductor)], firstEndCount: 1, admittance: [.one])) }
        let load = Injections(constantPower: [Complex(-1, -0.6)])
        for isAutomatic in [true, false] {
            let regulator = PhaseRegulator(
                element: 0, terminals: [1], controlledConductor: 3, target: 1, deadBand: 0.0125, lineDrop: impedance, isAutomatic: isAutomatic)
            let powerFlow = try UnbalancedPowerFlow(grid, connections: [.wye(4)], regulators: [regulator])
            var state = PowerFlowState()
            let report = try powerFlow.solve(load, into: &state)
            #expect(report.converged && report.isSettled)
            #expect(report.taps[0].outcome == (isAutomatic ? .withinBand : .fixed))
            #expect(abs(report.taps[0].magnitude - state.voltages[4].magnitude) < 1e-6)
            if isAutomatic { #expect(report.taps[0].position > 0 && abs(state.voltages[4].magnitude - 1) <= 0.00625) }
        }
    }

    @Test("A load beyond collapse does not converge, and says at which conductor")
    func collapse() throws {
        let powerFlow = try UnbalancedPowerFlow(Self.threeWires(impedance), connections: [.wye(4)])
        var state = PowerFlowState()
        let report = try powerFlow.solve(Injections(constantPower: [Complex(-20, -20)]), into: &state)
        #expect(!report.converged && report.failure?.node == 4)
    }

    @Test("A conductor without way to a source is refused")
    func island() throws {
        let error = #expect(throws: PowerFlowError.self) { _ = try UnbalancedPowerFlow(Self.grid(conductors: 4, []), connections: []) }
        #expect(error?.description.contains("island without a source") == true)
    }
}

@Suite("Unbalanced power flow against the reference cases", .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct UnbalancedReferencePowerFlowTests {
    @Test(
        "Voltages are those of OpenDSS and power-grid-model",
        arguments: [("ieee13_3ph", 1e-6), ("ieee123_3ph", 1e-6), ("lv_asym_42", 1e-8)], PowerFlowTests.methods)
    func agrees(reference: (name: String, tolerance: Double), method: PowerFlowOptions.Method) throws {
        let data = try UnbalancedReferenceCase.named(reference.name)
        let options = PowerFlowOptions(method: method == .currentIteration ? .automatic : method, tolerance: 1e-10)
        let powerFlow = try UnbalancedPowerFlow(data.grid, connections: data.connections, options: options)
        var state = PowerFlowState()
        let report = try powerFlow.solve(data.powers, into: &state)
        #expect(report.converged && report.method == method)
        let deviation = zip(state.voltages, data.voltages).map { ($0 - $1).magnitude }.max() ?? .infinity
        #expect(deviation < reference.tolerance, "\(reference.name): \(deviation)")
        for (index, power) in powerFlow.sourcePowers(state).enumerated() {
            guard let expected = data.expected_power_flow.slack_p_kw?[index] else { continue }
            #expect(abs(power.real * data.s_base_va / 1000 - expected) < 0.01)
        }
    }
}

import Grid
import Testing

@Suite("Transformers in calculation models")
struct TransformerTests {
    typealias Connection = Transformer.Connection

    /// A source, a transformer of 20/0.4 kV and a node behind it, on which nothing is connected.
    static func network(_ windings: [Transformer.Winding], magnetising: Complex = .zero) -> Network {
        var network = Network()
        for (position, winding) in windings.enumerated() {
            network.addNode("node\(position)", nominalVolts: winding.nominalVolts)
        }
        network.externalGrids = [ExternalGrid(Identity("grid"), terminal: Terminal(node: 0), nominalVolts: windings[0].nominalVolts)]
        network.transformers = [Transformer(Identity("transformer"), windings: windings, magnetisingAdmittance: magnetising)]
        return network
    }

    static func winding(
        _ node: Int, _ connection: Connection, _ clock: Int, volts: Double, impedance: Complex, nominalVolts: Double? = nil
    ) -> Transformer.Winding {
        Transformer.Winding(
            terminal: Terminal(node: node), connection: connection, clock: clock, ratedVolts: volts, ratedVA: 400_000, impedance: impedance,
            isGrounded: connection == .starNeutral || connection == .zigzagNeutral, nominalVolts: nominalVolts)
    }

    struct Group: Sendable, CustomTestStringConvertible {
        var high: Connection
        var low: Connection
        var clock: Int
        var testDescription: String { "\(high.rawValue)\(low.rawValue)\(clock)" }
    }

    static let groups: [Group] = [0, 2, 4, 6, 8, 10].flatMap { [
        Group(high: .starNeutral, low: .starNeutral, clock: $0), Group(high: .delta, low: .delta, clock: $0),
        Group(high: .delta, low: .zigzagNeutral, clock: $0), Group(high: .star, low: .starNeutral, clock: $0),
    ] } + [1, 3, 5, 7, 9, 11].flatMap { [
        Group(high: .delta, low: .starNeutral, clock: $0), Group(high: .starNeutral, low: .delta, clock: $0),
        Group(high: .star, low: .zigzagNeutral, clock: $0), Group(high: .delta, low: .star, clock: $0),
    ] }

    @Test("Every vector group turns the open-circuit voltage by 30° an hour, with the rated ratio", arguments: groups)
    func vectorGroups(group: Group) throws {
        let network = Self.network([
            Self.winding(0, group.high, 0, volts: 20_000, impedance: Complex(10, 30)),
            Self.winding(1, group.low, group.clock, volts: 410, impedance: Complex(0.004, 0.012), nominalVolts: 400),
        ])
        let expected = Complex(magnitude: 410 / 400, angle: -Double(group.clock) * .pi / 6)

        let balanced = BalancedAssembly(network)
        let flow = try DenseFlow.solved(balanced)
        #expect((flow.voltages[1] - expected).magnitude < 1e-9)
        #expect((Complex(magnitude: 1, angle: balanced.grid.nominalAngles[1]) - expected / expected.magnitude).magnitude < 1e-9)

        let unbalanced = UnbalancedAssembly(network)
        let phases = try DenseFlow.solved(unbalanced)
        for (phase, turn) in [(Phase.a, 0.0), (.b, -2 * .pi / 3), (.c, 2 * .pi / 3)] {
            let conductor = try #require(unbalanced.conductor(of: Terminal(node: 1), phase: phase))
            let phasor = expected * Complex(magnitude: 1, angle: turn)
            #expect((phases.voltages[conductor] - phasor).magnitude < 1e-4)
            #expect((Complex(magnitude: 1, angle: unbalanced.grid.nominalAngles[conductor]) - phasor / phasor.magnitude).magnitude < 1e-3)
        }
    }

    @Test("A two-winding transformer is the published pi model behind an ideal ratio")
    func twoPort() throws {
        var high = Self.winding(0, .delta, 0, volts: 20_000, impedance: Complex(12, 40))
        high.ratioTap = TapChanger(kind: .ratio(stepPercent: 2.5), lowStep: -2, highStep: 2, step: 1)
        let network = Self.network([high, Self.winding(1, .starNeutral, 5, volts: 410, impedance: .zero, nominalVolts: 400)])
        let branches = BalancedAssembly(network).grid.branches
        let branch = try #require(branches.first)
        // T at the from side: 20 kV · 1.025 / 20 kV over 410/400, +150°; the impedance lies at the from side here.
        let ratio = Complex(magnitude: 1.025 / (410.0 / 400), angle: 5 * .pi / 6)
        let admittance = (Complex(12, 40) * (1e6 / (20_000 * 20_000))).reciprocal
        #expect((branch.yff - admittance).magnitude < 1e-9 * admittance.magnitude)
        #expect((branch.yft + admittance * ratio).magnitude < 1e-9 * admittance.magnitude)
        #expect((branch.ytf + admittance * ratio.conjugate).magnitude < 1e-9 * admittance.magnitude)
        #expect((branch.ytt - admittance * ratio.squaredMagnitude).magnitude < 1e-9 * admittance.magnitude)
    }

    @Test("Earth-fault paths: a delta feeds no zero sequence, an earthed star behind it does")
    func zeroSequence() throws {
        let network = Self.network([
            Self.winding(0, .delta, 0, volts: 20_000, impedance: Complex(10, 30)),
            Self.winding(1, .starNeutral, 5, volts: 400, impedance: Complex(0.004, 0.012)),
        ])
        let found = TransformerZeroSequence.admittances(UnbalancedAssembly(network).grid)
        let admittance = try #require(found)
        let impedance = (Complex(10, 30) * (400 * 400 / (20_000.0 * 20_000)) + Complex(0.004, 0.012)) * (1e6 / (400 * 400))
        #expect((admittance.second - impedance.reciprocal).magnitude < 1e-3 * impedance.reciprocal.magnitude)
        #expect(admittance.first.magnitude < 1e-3)
    }

    @Test("A centre-tapped service gives 120 V to each leg, opposed")
    func splitPhase() throws {
        let network = CIMReader().read(paths: [ReferenceData.own("street.xml")]).network
        let assembly = UnbalancedAssembly(network)
        let house = try #require(network.nodes.firstIndex { $0.identity.name == "house" })
        let legs = try [Phase.s1, .s2].map { try #require(assembly.conductor(of: Terminal(node: house), phase: $0)) }
        let flow = try DenseFlow.solved(assembly)
        let (one, two) = (flow.voltages[legs[0]], flow.voltages[legs[1]])
        #expect(abs((one / two).angle).distance(to: .pi) < 0.02)
        // The leg with twice the load has the lower voltage.
        #expect(one.magnitude < two.magnitude)
        #expect(one.magnitude > 0.95 && two.magnitude < 1.05)
    }
}

/// What each end of a transformer's element draws when its three conductors have one voltage and the other end is earthed.
enum TransformerZeroSequence {
    static func admittances(_ grid: UnbalancedGrid) -> (first: Complex, second: Complex)? {
        guard let element = grid.elements.first(where: { $0.terminals.count == 6 && $0.firstEndCount == 3 }) else { return nil }
        func sum(_ rows: Range<Int>) -> Complex {
            rows.reduce(Complex.zero) { total, i in rows.reduce(total) { $0 + element.admittance[i * 6 + $1] } } / 3
        }
        return (sum(0..<3), sum(3..<6))
    }
}

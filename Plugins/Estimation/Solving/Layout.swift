internal import Grid
internal import Solvers

/// Where everything stands in the estimator's matrix: one block [x, ν] for each conductor, in the order of elimination.
///
/// "Position" is a conductor's place in that order; all arrays here are by position. Built once for a grid and its meters.
final class Layout {
    let count: Int
    let pattern: BlockPattern
    /// Row c of the admittance matrix is `entries[rowStarts[c] ..< rowStarts[c + 1]]`, columns ascending, the diagonal among them.
    let rowStarts: FixedBuffer<Int32>
    let entries: FixedBuffer<Entry>
    let diagonals: FixedBuffer<Int32>
    /// What the zero injections and power meters at nodes ask of each conductor.
    let injections: FixedBuffer<InjectionKind>
    /// Divides the rows of the injections, so that their largest entry is near one.
    let rowScales: FixedBuffer<Double>
    let voltageMeters: FixedBuffer<Meter>
    let injectionMeters: FixedBuffer<Meter>
    /// By measurement: of the only meter of a conductor's P or Q twice the position, and one more for Q; `sharedInjection` where several share
    /// it, `noInjection` for a meter of something else.
    let onlyMeters: FixedBuffer<Int32>
    let ends: FixedBuffer<BranchEnd>
    let endMeters: FixedBuffer<Meter>
    let terms: FixedBuffer<Term>
    /// For the terms a < b of an end the slot of their block, a running slowest.
    let pairSlots: FixedBuffer<Int32>
    /// The positions at which the angle reference is held, and the angle: one for each island, or each source conductor, without angles.
    let references: [Reference]

    /// An admittance between two conductors.
    struct Entry: BitwiseCopyable {
        var column: Int32
        /// The block of the factor below the diagonal that row and column share; -1 on the diagonal.
        var slot: Int32
        /// Y of this row and column.
        var y: Complex
        /// The conjugate of Y of this column and row: an entry of the Hermitian transpose.
        var transposed: Complex
    }

    /// Powers are written for every conductor that is no zero injection; where there is no meter the rows are empty.
    enum InjectionKind: UInt8 { case power, zero }

    struct Meter: BitwiseCopyable {
        /// Index of the measurement in the model.
        var measurement: Int32
        /// Position of the conductor, for meters at nodes.
        var position: Int32
        var quantity: Quantity

        /// Of the two rows of an injection the one of P or of Q.
        var lane: Int { quantity == .activePower ? 0 : 1 }
    }

    /// One end of one conductor of a branch that has meters.
    struct BranchEnd: BitwiseCopyable {
        /// The term of the conductor at this end.
        var ownTerm: Int32
        var firstTerm: Int32
        var termCount: Int32
        var firstPair: Int32
        var firstMeter: Int32
        var meterCount: Int32
    }

    struct Term: BitwiseCopyable {
        var position: Int32
        var y: Complex
    }

    struct Reference {
        var position: Int
        var angle: Double
        /// Whether it merely fixes what nothing measures; else it supposes that the phases of a source are symmetrical.
        var isGauge: Bool
    }

    init(_ model: EstimationModel) {
        let network = model.network
        count = network.conductorCount
        let admittance = AdmittanceRows(network)
        let graph = NodeGraph(nodeCount: network.conductorCount, edges: admittance.edges)
        pattern = BlockPattern(graph: graph, roots: network.sources.map(\.conductor))
        (rowStarts, entries, diagonals) = admittance.arranged(by: pattern)
        let kinds = FixedBuffer<InjectionKind>(repeating: .power, count: count)
        for node in model.zeroInjections { kinds[Int(pattern.positions[Int(node)])] = .zero }
        injections = kinds
        rowScales = FixedBuffer(repeating: 1, count: count)
        let meters = MeterTables(model, pattern: pattern)
        voltageMeters = FixedBuffer(meters.voltages)
        injectionMeters = FixedBuffer(meters.injections)
        onlyMeters = Self.onlyMeters(meters.injections, measurementCount: model.measurements.count)
        ends = FixedBuffer(meters.ends)
        endMeters = FixedBuffer(meters.endMeters)
        terms = FixedBuffer(meters.terms)
        pairSlots = FixedBuffer(meters.pairSlots)
        references = Self.references(model, positions: pattern.positions)
        scaleRows()
    }

    static let sharedInjection = -1
    static let noInjection = -2

    private static func onlyMeters(_ meters: [Meter], measurementCount: Int) -> FixedBuffer<Int32> {
        let lanes = FixedBuffer(repeating: Int32(noInjection), count: measurementCount)
        var begin = 0
        while begin < meters.count {
            let place = meters[begin...].prefix { $0.position == meters[begin].position }
            for lane in 0...1 {
                let own = place.filter { $0.lane == lane }
                for meter in own { lanes[Int(meter.measurement)] = own.count == 1 ? 2 * meter.position + Int32(lane) : Int32(sharedInjection) }
            }
            begin = place.endIndex
        }
        return lanes
    }

    private func scaleRows() {
        for row in 0..<count {
            var largest = 0.0
            for index in Int(rowStarts[row])..<Int(rowStarts[row + 1]) { largest = max(largest, entries[index].y.squaredMagnitude) }
            rowScales[row] = largest > 0 ? largest.squareRoot() : 1
        }
    }

    /// Islands in which no meter tells an angle get the angles of their sources, of their first conductor where they have none.
    private static func references(_ model: EstimationModel, positions: [Int32]) -> [Reference] {
        let network = model.network
        let islands = network.islands()
        var hasAngle = [Bool](repeating: false, count: islands.count)
        for (index, measurement) in model.measurements.enumerated() where measurement.quantity.isSynchronised {
            let conductor: Int32
            if case .node(let node) = measurement.place { conductor = node } else { conductor = network.terminals[Int(model.terminals[index])] }
            hasAngle[Int(islands.ofNode[Int(network.nodes[Int(conductor)])])] = true
        }
        var sources = [[ConductorGrid.Source]](repeating: [], count: islands.count)
        for source in network.sources { sources[Int(islands.ofNode[Int(network.nodes[Int(source.conductor)])])].append(source) }
        for conductor in (0..<network.conductorCount) {
            let island = Int(islands.ofNode[Int(network.nodes[conductor])])
            guard sources[island].isEmpty else { continue }
            sources[island] = [ConductorGrid.Source(conductor: Int32(conductor), angle: network.nominalAngles[conductor])]
        }
        return (0..<islands.count).filter { !hasAngle[$0] }.flatMap { island in
            let node = network.nodes[Int(sources[island][0].conductor)]
            let held = sources[island].filter { network.nodes[Int($0.conductor)] == node }
            return held.map { Reference(position: Int(positions[Int($0.conductor)]), angle: $0.angle, isGauge: held.count == 1) }
        }
    }
}

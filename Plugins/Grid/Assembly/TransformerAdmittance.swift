internal import Glibc

/// The nodal admittance matrix of a transformer between its conductors, in siemens.
///
/// Each limb has a flux voltage; each coil is an ideal ratio to the limbs' and its part of the short-circuit impedance in series. The
/// fluxes and what is not brought out (star points) are eliminated. Vector groups are permutations and polarities of the coils:
/// source: Dugan, "A perspective on transformer modeling for distribution system analysis", IEEE PES General Meeting 2003; clock
/// positions after IEC 60076-1, section 7.
struct TransformerAdmittance {
    /// Winding and phase of each row.
    struct Port: Hashable {
        var winding: Int
        var phase: Phase
    }

    let ports: [Port]
    let matrix: SquareMatrix

    /// Nil when the transformer's impedances give no finite matrix.
    init?(_ transformer: Transformer) {
        var network = CoilNetwork(limbCount: transformer.isSinglePhase ? 1 : 3)
        var offset = 0
        for (position, winding) in transformer.windings.enumerated() {
            if position == 0, winding.connection.isDelta || winding.connection.isZigzag { offset = 1 }
            network.add(winding, position, clock: winding.clock - transformer.windings[0].clock + offset, share: transformer.impedanceShare(position))
        }
        network.addMagnetising(transformer)
        guard let reduced = network.reduced() else { return nil }
        ports = network.rows.compactMap { row in
            if case .conductor(let port) = row { port } else { nil }
        }
        matrix = reduced
    }

    private enum Row: Hashable {
        case conductor(Port)
        case starPoint(Int)
        case limb(Int)
    }

    /// A network of coils between conductors, star points and limbs while it is put together.
    private struct CoilNetwork {
        let limbCount: Int
        private(set) var rows: [Row] = []
        private var entries: [(Int, Int, Complex)] = []

        init(limbCount: Int) { self.limbCount = limbCount }

        private mutating func row(_ row: Row) -> Int {
            if let known = rows.firstIndex(of: row) { return known }
            rows.append(row)
            return rows.count - 1
        }

        /// One coil end: a conductor, the star point, or earth (nil).
        private mutating func end(_ phase: Phase, _ winding: Transformer.Winding, _ position: Int) -> Int? {
            guard phase == .neutral else { return row(.conductor(Port(winding: position, phase: phase))) }
            if winding.isGrounded, winding.groundImpedance.magnitude == 0 { return nil }
            let isKnown = rows.contains(.starPoint(position))
            let star = row(.starPoint(position))
            if !isKnown {
                // A star point that is not earthed gets what keeps its voltage defined where nothing else does.
                let floating = Complex(0, -1e-8 * max(winding.ratedVA, 1) / (winding.ratedVolts * winding.ratedVolts))
                entries.append((star, star, winding.isGrounded ? winding.groundImpedance.reciprocal : floating))
            }
            return star
        }

        mutating func add(_ winding: Transformer.Winding, _ position: Int, clock: Int, share: Double) {
            let coils = limbCount == 1 ? [Coil(from: winding.coil[0], to: winding.coil[1], limbs: [(0, 1)])] : Coil.threePhase(winding, clock)
            let root3 = 3.0.squareRoot()
            let isLineVoltage = limbCount == 1 || winding.connection.isDelta
            let ratio = winding.tapFactor * (winding.ratedVolts / (isLineVoltage ? 1 : root3))
            let admittance = coilAdmittance(winding, share)
            let ends = coils.map { (end($0.from, winding, position), end($0.to, winding, position)) }
            for (i, coil) in coils.enumerated() {
                for (j, other) in coils.enumerated() {
                    let y = admittance[i, j]
                    guard y.squaredMagnitude > 0 else { continue }
                    couple(ends[i], ends[j], y)
                    for (limb, factor) in other.limbs { couple(ends[i], limb, -y * ratio * factor) }
                    for (limb, factor) in coil.limbs { couple(limb, ends[j], -y * ratio.conjugate * factor) }
                    for (a, fa) in coil.limbs {
                        for (b, fb) in other.limbs { add(row(.limb(a)), row(.limb(b)), y * ratio.squaredMagnitude * (fa * fb)) }
                    }
                }
            }
            addGrounding(ends, winding)
        }

        /// The admittances between the coils: uncoupled, or as the zero sequence couples them.
        private func coilAdmittance(_ winding: Transformer.Winding, _ share: Double) -> SquareMatrix {
            let base = winding.ratedVolts * winding.ratedVolts / max(winding.ratedVA, 1)
            func usable(_ impedance: Complex) -> Complex { impedance.magnitude < 1e-8 * base ? Complex(0, 1e-8 * base) : impedance }
            let scale = (winding.connection.isDelta ? 3.0 : 1) * share
            let positive = usable(winding.impedance).reciprocal / scale
            let zero = usable(winding.zeroImpedance ?? winding.impedance).reciprocal / scale
            var matrix = SquareMatrix(order: limbCount)
            guard limbCount == 3 else {
                matrix[0, 0] = positive
                return matrix
            }
            for i in 0..<3 {
                for j in 0..<3 { matrix[i, j] = i == j ? (zero + 2 * positive) / 3 : (zero - positive) / 3 }
            }
            return matrix
        }

        /// Coils between conductors alone leave their voltage to earth open: a millionth of the rating holds it.
        private mutating func addGrounding(_ ends: [(Int?, Int?)], _ winding: Transformer.Winding) {
            guard ends.allSatisfy({ $0.0 != nil && $0.1 != nil }) else { return }
            let admittance = Complex(0, -1e-6 * max(winding.ratedVA, 1) / (winding.ratedVolts * winding.ratedVolts))
            for row in Set(ends.flatMap { [$0.0, $0.1] }.compactMap { $0 }) where isConductor(row) { add(row, row, admittance) }
        }

        private func isConductor(_ row: Int) -> Bool {
            if case .conductor = rows[row] { true } else { false }
        }

        mutating func addMagnetising(_ transformer: Transformer) {
            let rated = transformer.windings[0].ratedVolts
            let admittance = transformer.magnetisingAdmittance * (rated * rated / (limbCount == 1 ? 1 : 3))
            for limb in 0..<limbCount { add(row(.limb(limb)), row(.limb(limb)), admittance) }
        }

        private mutating func add(_ i: Int, _ j: Int, _ value: Complex) { entries.append((i, j, value)) }

        private mutating func couple(_ a: (Int?, Int?), _ b: (Int?, Int?), _ y: Complex) {
            for (i, si) in [(a.0, 1.0), (a.1, -1.0)] {
                for (j, sj) in [(b.0, 1.0), (b.1, -1.0)] { if let i, let j { add(i, j, y * (si * sj)) } }
            }
        }

        private mutating func couple(_ a: (Int?, Int?), _ limb: Int, _ y: Complex) {
            let column = row(.limb(limb))
            for (i, sign) in [(a.0, 1.0), (a.1, -1.0)] { if let i { add(i, column, y * sign) } }
        }

        private mutating func couple(_ limb: Int, _ b: (Int?, Int?), _ y: Complex) {
            let line = row(.limb(limb))
            for (j, sign) in [(b.0, 1.0), (b.1, -1.0)] { if let j { add(line, j, y * sign) } }
        }

        /// With limbs and star points eliminated.
        func reduced() -> SquareMatrix? {
            var matrix = SquareMatrix(order: rows.count)
            for (i, j, value) in entries { matrix[i, j] += value }
            let kept = rows.indices.filter { isConductor($0) }
            guard let reduced = matrix.kronReduced(keeping: kept), reduced.entries.allSatisfy(\.isFinite) else { return nil }
            return reduced
        }
    }

    /// A coil between two ends, on one limb or (zigzag) on two.
    private struct Coil {
        var from: Phase
        var to: Phase
        var limbs: [(Int, Double)]

        /// The three coils of a winding whose voltages lag the limbs' by so many hours.
        static func threePhase(_ winding: Transformer.Winding, _ clock: Int) -> [Coil] {
            var hours = (clock % 12 + 12) % 12
            let isOdd = winding.connection.isDelta || winding.connection.isZigzag
            // A clock that the connection cannot have is taken as the next one that it can.
            if (hours % 2 == 1) != isOdd { hours = (hours + 1) % 12 }
            var sign = 1.0
            // Direct hours: 0, 4, 8 for a star; 1, 5, 9 for a delta from each phase to the next; 11, 3, 7 for a zigzag.
            let first = winding.connection.isDelta ? 1 : winding.connection.isZigzag ? 11 : 0
            if ((hours - first + 12) % 12) % 4 != 0 {
                hours = (hours + 6) % 12
                sign = -1
            }
            let turns = ((hours - first + 12) % 12) / 4
            let phases: [Phase] = [.a, .b, .c]
            return (0..<3).map { limb in
                let phase = phases[(limb - turns + 3) % 3]
                if winding.connection.isDelta { return Coil(from: phase, to: phase.deltaPartner, limbs: [(limb, sign)]) }
                guard winding.connection.isZigzag else { return Coil(from: phase, to: .neutral, limbs: [(limb, sign)]) }
                let half = sign / 3.0.squareRoot()
                return Coil(from: phase, to: .neutral, limbs: [(limb, half), ((limb + 1) % 3, -half)])
            }
        }
    }
}

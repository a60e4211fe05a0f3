internal import Glibc

/// Series impedance and shunt admittance of a line from where its wires hang or lie.
///
/// Source: Carson's earth return in the complex-depth form of Deri, Tevan, Semlyen and Castanheira (IEEE Trans. PAS-100, 1981, equation
/// 12); concentric neutrals and tape shields after Kersting, Distribution System Modeling and Analysis, sections 4.1.5 and 5.4.
public struct LineGeometry: Hashable, Sendable {
    public enum Shield: Hashable, Sendable {
        case concentricNeutral(
            strands: Double, strandGmrMetres: Double, strandOhmPerMetre: Double, centreRadiusMetres: Double, insulationOuterRadius: Double,
            insulationInnerRadius: Double, permittivity: Double)
        case tape(
            diameterMetres: Double, thicknessMetres: Double, lapPercent: Double, insulationOuterRadius: Double,
            insulationInnerRadius: Double, permittivity: Double)

        /// Resistance in ohm per metre.
        var resistance: Double {
            switch self {
            case .concentricNeutral(let strands, _, let resistance, _, _, _, _): return resistance / strands
            case .tape(let diameter, let thickness, let lap, _, _, _):
                // Copper tape; Kersting's constant for it, with the lap as OpenDSS applies it.
                return 0.3183 * 2.3718e-8 / (diameter * thickness * (50 / (100 - min(lap, 99))).squareRoot())
            }
        }

        /// Geometric mean radius in metre.
        var gmr: Double {
            switch self {
            case .concentricNeutral(let strands, let gmr, _, let radius, _, _, _):
                return pow(gmr * strands * pow(radius, strands - 1), 1 / strands)
            case .tape(let diameter, let thickness, _, _, _, _): return (diameter - thickness) / 2
            }
        }

        /// Distance from the core in metre.
        var radius: Double {
            switch self {
            case .concentricNeutral(_, _, _, let radius, _, _, _): return radius
            case .tape: return gmr
            }
        }

        var insulation: (inner: Double, outer: Double, permittivity: Double) {
            switch self {
            case .concentricNeutral(_, _, _, _, let outer, let inner, let permittivity): (inner, outer, permittivity)
            case .tape(_, _, _, let outer, let inner, let permittivity): (inner, outer, permittivity)
            }
        }
    }

    public struct Wire: Hashable, Sendable {
        /// Metre; y above ground, negative below.
        public var x: Double
        public var y: Double
        public var gmrMetres: Double
        public var radiusMetres: Double
        /// Direct-current resistance in ohm per metre.
        public var directOhmPerMetre: Double
        public var shield: Shield?

        public init(x: Double, y: Double, gmrMetres: Double, radiusMetres: Double, directOhmPerMetre: Double, shield: Shield? = nil) {
            self.x = x
            self.y = y
            self.gmrMetres = gmrMetres
            self.radiusMetres = radiusMetres
            self.directOhmPerMetre = directOhmPerMetre
            self.shield = shield
        }
    }

    public var wires: [Wire]
    public var frequencyHertz: Double
    /// Resistivity of the earth in ohm metre.
    public var earthOhmMetres: Double

    public init(wires: [Wire], frequencyHertz: Double, earthOhmMetres: Double = 100) {
        self.wires = wires
        self.frequencyHertz = frequencyHertz
        self.earthOhmMetres = earthOhmMetres
    }

    private var omega: Double { 2 * .pi * frequencyHertz }
    private static let permeability = 4e-7 * Double.pi
    private static let permittivity = 8.854_187_817e-12

    /// Per metre, one row for each wire: ohm and siemens. Shields are reduced (earthed along the line). Nil when wires coincide.
    public func constants() -> (impedance: SquareMatrix, admittance: SquareMatrix)? {
        let shielded = wires.indices.filter { wires[$0].shield != nil }
        let count = wires.count
        var impedance = SquareMatrix(order: count + shielded.count)
        for i in 0..<count {
            for j in 0..<count {
                let distance = i == j ? wires[i].gmrMetres : distance(i, j)
                impedance[i, j] = inductance(distance) + earth(i, j)
            }
            impedance[i, i] += Complex(alternatingResistance(wires[i].directOhmPerMetre))
        }
        for (p, i) in shielded.enumerated() {
            guard let shield = wires[i].shield else { continue }
            for j in 0..<count {
                let value = inductance(i == j ? shield.radius : distance(i, j)) + earth(i, j)
                impedance[count + p, j] = value
                impedance[j, count + p] = value
            }
            for (q, j) in shielded.enumerated() {
                impedance[count + p, count + q] = inductance(i == j ? shield.gmr : distance(i, j)) + earth(i, j)
            }
            impedance[count + p, count + p] += Complex(shield.resistance)
        }
        guard impedance.entries.allSatisfy(\.isFinite), let reduced = impedance.kronReduced(keeping: Array(0..<count)),
            let admittance = admittances()
        else { return nil }
        return (reduced, admittance)
    }

    private func admittances() -> SquareMatrix? {
        let bare = wires.indices.filter { wires[$0].shield == nil && wires[$0].y > 0 }
        var potential = SquareMatrix(order: bare.count)
        for (p, i) in bare.enumerated() {
            for (q, j) in bare.enumerated() {
                let near = i == j ? wires[i].radiusMetres : distance(i, j)
                let far = hypot(wires[i].x - wires[j].x, wires[i].y + wires[j].y)
                potential[p, q] = Complex(log(far / near) / (2 * .pi * Self.permittivity))
            }
        }
        guard potential.entries.allSatisfy(\.isFinite), let capacitance = potential.inverse else { return nil }
        var admittance = SquareMatrix(order: wires.count)
        for (p, i) in bare.enumerated() {
            for (q, j) in bare.enumerated() { admittance[i, j] = Complex(0, omega * capacitance[p, q].real) }
        }
        for (i, wire) in wires.enumerated() {
            guard let insulation = wire.shield?.insulation else { continue }
            let farad = 2 * .pi * Self.permittivity * insulation.permittivity / log(insulation.outer / insulation.inner)
            admittance[i, i] = Complex(0, omega * farad)
        }
        return admittance
    }

    private func distance(_ i: Int, _ j: Int) -> Double { hypot(wires[i].x - wires[j].x, wires[i].y - wires[j].y) }

    private func inductance(_ distance: Double) -> Complex { Complex(0, omega * Self.permeability / (2 * .pi) * log(1 / distance)) }

    /// What the earth's return adds: the image at the complex depth 1/√(jωμ/ρ).
    private func earth(_ i: Int, _ j: Int) -> Complex {
        let depth = (Complex(0, omega * Self.permeability / earthOhmMetres)).squareRoot.reciprocal
        let height = Complex(wires[i].y.magnitude + wires[j].y.magnitude) + 2 * depth
        let across = wires[i].x - wires[j].x
        let image = (height * height + Complex(across * across)).squareRoot
        return Complex(0, omega * Self.permeability / (2 * .pi)) * Complex(log(image.magnitude), image.angle)
    }

    /// Resistance with skin effect of a round wire, by Bessel functions of the first two orders.
    private func alternatingResistance(_ direct: Double) -> Double {
        let alpha = Complex(1, 1) * (frequencyHertz * Self.permeability / direct).squareRoot()
        let ratio = alpha.magnitude > 35 ? .one : Self.bessel(0, alpha) / Self.bessel(1, alpha)
        return (Complex(1, 1) * ratio * ((direct * frequencyHertz * Self.permeability).squareRoot() / 2)).real
    }

    /// The modified Bessel function of the first kind by its power series.
    private static func bessel(_ order: Int, _ x: Complex) -> Complex {
        let half = x / 2
        var term = order == 0 ? Complex.one : half
        var sum = term
        for k in 1...200 {
            term = term * half * half / Double(k * (k + order))
            sum += term
            if term.magnitude < 1e-16 * sum.magnitude { break }
        }
        return sum
    }
}

extension Complex {
    /// The root with a real part that is not negative.
    var squareRoot: Complex { Complex(magnitude: magnitude.squareRoot(), angle: angle / 2) }
}

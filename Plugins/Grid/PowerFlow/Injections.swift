/// What loads and generators put into the nodes of a grid: constant power, constant current and constant impedance (ZIP).
///
/// Per unit on the grid's base power, generation positive, load negative. The power of a node at voltage V (per unit) is
/// `constantPower + constantCurrent · |V| + constantImpedance · |V|²`.
public struct Injections: Hashable, Sendable {
    /// For each node.
    public var constantPower: [Complex]
    /// The power at |V| = 1, for each node; empty where no node has such a part.
    public var constantCurrent: [Complex]
    /// The power at |V| = 1, for each node; empty where no node has such a part.
    public var constantImpedance: [Complex]

    public init(constantPower: [Complex], constantCurrent: [Complex] = [], constantImpedance: [Complex] = []) {
        self.constantPower = constantPower
        self.constantCurrent = constantCurrent
        self.constantImpedance = constantImpedance
    }

    /// The power of a node at a voltage magnitude, per unit.
    public func power(node: Int, magnitude: Double) -> Complex {
        var power = constantPower[node]
        if !constantCurrent.isEmpty { power += constantCurrent[node] * magnitude }
        if !constantImpedance.isEmpty { power += constantImpedance[node] * (magnitude * magnitude) }
        return power
    }

    /// The derivative of ``power(node:magnitude:)`` by the logarithm of the magnitude.
    func slope(node: Int, magnitude: Double) -> Complex {
        var slope = Complex.zero
        if !constantCurrent.isEmpty { slope += constantCurrent[node] * magnitude }
        if !constantImpedance.isEmpty { slope += constantImpedance[node] * (2 * magnitude * magnitude) }
        return slope
    }

    /// The same with every power multiplied.
    func scaled(by factor: Double) -> Injections {
        Injections(
            constantPower: constantPower.map { factor * $0 }, constantCurrent: constantCurrent.map { factor * $0 },
            constantImpedance: constantImpedance.map { factor * $0 })
    }
}

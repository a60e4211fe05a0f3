internal import Grid
internal import Solvers

/// Variances of the estimate, from the blocks of the inverse that lie on the pattern of the factor (Takahashi, Fagan & Chin 1973).
///
/// The block [x, ν] of the scaled inverse holds the covariance of a conductor's voltage times the weight scale w, and, of its multipliers,
/// the inverse's entries times s²/w (README, equation 6).
struct Covariance {
    private let equations: Equations
    private let inverse: SelectedInverse<Block4>

    /// - Parameters: the equations, factorised at their state, and where to keep the inverse.
    init(_ equations: Equations, into inverse: SelectedInverse<Block4>) {
        self.equations = equations
        self.inverse = inverse
        inverse.compute(from: equations.matrix)
    }

    /// gᵀ·P·g for the gradient of a function of one conductor's voltage.
    func variance(_ gradient: Complex, at position: Int) -> Double {
        max(0, product(gradient, inverse.diagonal[position], gradient) / equations.weightScale)
    }

    /// hᵀ·P·h for a meter at the end of a branch.
    func variance(of row: BranchRow, end: Layout.BranchEnd) -> Double {
        let layout = equations.layout
        let terms = Int(end.firstTerm)..<Int(end.firstTerm + end.termCount)
        var pair = Int(end.firstPair)
        var sum = 0.0
        for a in terms {
            let gradient = equations.gradient(of: row, end: end, term: a)
            let position = layout.terms[a].position
            sum += product(gradient, inverse.diagonal[Int(position)], gradient)
            for b in a + 1..<max(terms.upperBound, a + 1) {
                let other = equations.gradient(of: row, end: end, term: b)
                let isBelow = layout.terms[b].position > position
                let block = inverse.lower[Int(layout.pairSlots[pair])]
                sum += 2 * (isBelow ? product(other, block, gradient) : product(gradient, block, other))
                pair += 1
            }
        }
        return max(0, sum / equations.weightScale)
    }

    /// Where the block of two conductors that share an element is kept; -1 for one and the same.
    func slot(of a: Int, and b: Int) -> Int32 {
        let order = equations.layout.pattern.order
        return a == b ? -1 : equations.layout.pattern.slot(row: Int(order[a]), column: Int(order[b]))?.index ?? -1
    }

    /// gᵀ·P·h for gradients of two conductors' voltages.
    /// - Parameter slot: of their block, see ``slot(of:and:)``.
    func term(_ g: Complex, at a: Int, _ h: Complex, at b: Int, slot: Int32) -> Double {
        if a == b { return product(g, inverse.diagonal[a], h) / equations.weightScale }
        guard slot >= 0 else { return 0 }
        let block = inverse.lower[Int(slot)]
        return (b > a ? product(h, block, g) : product(g, block, h)) / equations.weightScale
    }

    /// The entry of the inverse at a multiplier, times -1: with R the variance of its meters, R²·entry is that of the residual.
    ///
    /// - Parameter lane: 0 for P or Re I, 1 for Q or Im I.
    func multiplierEntry(at position: Int, lane: Int) -> Double {
        let scale = equations.layout.rowScales[position]
        return max(0, -inverse.diagonal[position][2 + lane, 2 + lane] * equations.weightScale / (scale * scale))
    }

    private func product(_ row: Complex, _ block: Block4, _ column: Complex) -> Double {
        let x = block.c0.x * column.real + block.c1.x * column.imaginary
        let y = block.c0.y * column.real + block.c1.y * column.imaginary
        return row.real * x + row.imaginary * y
    }
}

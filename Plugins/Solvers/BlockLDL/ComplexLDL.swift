/// A complex symmetric matrix (not Hermitian) on the pattern of a graph, and its factorisation L·D·Lᵀ: a grid's nodal admittance matrix.
///
/// Rows are numbered by position (see ``BlockPattern``). A complex number is two doubles, real part first.
public final class ComplexLDL {
    public typealias Number = SIMD2<Double>

    public let pattern: BlockPattern
    /// The diagonal by position: the matrix before ``factor(tolerance:)``, the inverse pivots after it.
    public let diagonal: UnsafeMutablePointer<Number>
    /// One entry for each of `pattern.rows`: the matrix before ``factor(tolerance:)``, L after it.
    public let lower: UnsafeMutablePointer<Number>
    /// Nodes, not positions, without a pivot at the last ``factor(tolerance:)``.
    public private(set) var zeroPivots: [Int32] = []
    private let noise: UnsafeMutablePointer<Double>
    private let column: UnsafeMutablePointer<Number>

    public init(pattern: BlockPattern) {
        self.pattern = pattern
        diagonal = .allocate(capacity: pattern.nodeCount)
        lower = .allocate(capacity: pattern.rows.count)
        noise = .allocate(capacity: pattern.nodeCount)
        column = .allocate(capacity: pattern.longestColumn)
        clear()
    }

    deinit {
        diagonal.deallocate()
        lower.deallocate()
        noise.deallocate()
        column.deallocate()
    }

    public func clear() {
        diagonal.update(repeating: .zero, count: pattern.nodeCount)
        lower.update(repeating: .zero, count: pattern.rows.count)
    }

    /// Factorises in place, without exchanging rows.
    ///
    /// - Parameter tolerance: a pivot below this fraction of the numbers that it was summed from counts as zero; its unknown stays zero.
    /// - Returns: whether every pivot differed from zero.
    @discardableResult
    public func factor(tolerance: Double = 1e-13) -> Bool {
        zeroPivots.removeAll(keepingCapacity: true)
        for position in 0..<pattern.nodeCount { noise[position] = Self.magnitude(diagonal[position]) }
        for position in 0..<pattern.nodeCount {
            if Self.magnitude(diagonal[position]) > tolerance * noise[position] {
                diagonal[position] = Self.reciprocal(diagonal[position])
            } else {
                zeroPivots.append(pattern.order[position])
                diagonal[position] = .zero
            }
            eliminate(position)
        }
        return zeroPivots.isEmpty
    }

    private func eliminate(_ position: Int) {
        let (begin, end) = (Int(pattern.columnStarts[position]), Int(pattern.columnStarts[position + 1]))
        var target = Int(pattern.updateStarts[position])
        for index in begin..<end {
            column[index - begin] = lower[index]
            lower[index] = Self.product(lower[index], diagonal[position])
        }
        for a in begin..<end {
            let original = column[a - begin]
            let own = Self.product(lower[a], original)
            let row = Int(pattern.rows[a])
            diagonal[row] -= own
            noise[row] = max(noise[row], Self.magnitude(own))
            for b in a + 1..<end {
                lower[Int(pattern.updateTargets[target])] -= Self.product(lower[b], original)
                target += 1
            }
        }
    }

    /// Solves in place with the last factorisation: a number for each position.
    public func solve(_ x: UnsafeMutablePointer<Number>) {
        for position in 0..<pattern.nodeCount {
            let own = x[position]
            for index in Int(pattern.columnStarts[position])..<Int(pattern.columnStarts[position + 1]) {
                x[Int(pattern.rows[index])] -= Self.product(lower[index], own)
            }
        }
        var position = pattern.nodeCount - 1
        while position >= 0 {
            var own = Self.product(diagonal[position], x[position])
            for index in Int(pattern.columnStarts[position])..<Int(pattern.columnStarts[position + 1]) {
                own -= Self.product(lower[index], x[Int(pattern.rows[index])])
            }
            x[position] = own
            position -= 1
        }
    }

    /// The complex product.
    @inlinable
    public static func product(_ a: Number, _ b: Number) -> Number { Number(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x) }

    static func reciprocal(_ a: Number) -> Number { Number(a.x, -a.y) / (a.x * a.x + a.y * a.y) }
    static func magnitude(_ a: Number) -> Double { abs(a.x) + abs(a.y) }
}

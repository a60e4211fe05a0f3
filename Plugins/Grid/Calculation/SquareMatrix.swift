/// A small dense complex matrix, row by row: line constants, nodal admittances of one element.
public struct SquareMatrix: Hashable, Sendable {
    public let order: Int
    public var entries: [Complex]

    public init(order: Int) {
        self.order = order
        entries = Array(repeating: .zero, count: order * order)
    }

    /// - Parameter entries: row by row, `order` squared.
    public init(order: Int, entries: [Complex]) {
        self.order = order
        self.entries = entries
    }

    public subscript(row: Int, column: Int) -> Complex {
        get { entries[row * order + column] }
        set { entries[row * order + column] = newValue }
    }

    public static func * (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
        var product = SquareMatrix(order: a.order)
        for row in 0..<a.order {
            for inner in 0..<a.order {
                let factor = a[row, inner]
                for column in 0..<a.order { product[row, column] += factor * b[inner, column] }
            }
        }
        return product
    }

    /// Rows and columns of these positions, in this order.
    public func submatrix(_ kept: [Int]) -> SquareMatrix {
        SquareMatrix(order: kept.count, entries: kept.flatMap { row in kept.map { self[row, $0] } })
    }

    /// The inverse by Gauss-Jordan elimination with partial pivoting; nil when the matrix is singular.
    public var inverse: SquareMatrix? {
        var left = self
        var right = SquareMatrix(order: order)
        for i in 0..<order { right[i, i] = .one }
        for column in 0..<order {
            guard let pivot = (column..<order).max(by: { left[$0, column].squaredMagnitude < left[$1, column].squaredMagnitude }),
                left[pivot, column].squaredMagnitude > 0, left[pivot, column].isFinite
            else { return nil }
            if pivot != column {
                left.swapRows(pivot, column)
                right.swapRows(pivot, column)
            }
            let scale = left[column, column].reciprocal
            for j in 0..<order {
                left[column, j] = left[column, j] * scale
                right[column, j] = right[column, j] * scale
            }
            for row in 0..<order where row != column {
                let factor = left[row, column]
                guard factor.squaredMagnitude > 0 else { continue }
                for j in 0..<order {
                    left[row, j] -= factor * left[column, j]
                    right[row, j] -= factor * right[column, j]
                }
            }
        }
        return right
    }

    /// The matrix that the kept rows see when nothing flows into the others (Kron): `A - B·D⁻¹·C`; nil when D is singular.
    public func kronReduced(keeping kept: [Int]) -> SquareMatrix? {
        let gone = (0..<order).filter { !kept.contains($0) }
        guard !gone.isEmpty else { return submatrix(kept) }
        guard let inverse = submatrix(gone).inverse else { return nil }
        var reduced = submatrix(kept)
        for (i, row) in kept.enumerated() {
            for (p, g) in gone.enumerated() {
                var factor = Complex.zero
                for (q, h) in gone.enumerated() { factor += self[row, h] * inverse[q, p] }
                guard factor.squaredMagnitude > 0 else { continue }
                for (j, column) in kept.enumerated() { reduced[i, j] -= factor * self[g, column] }
            }
        }
        return reduced
    }

    private mutating func swapRows(_ a: Int, _ b: Int) {
        for j in 0..<order { entries.swapAt(a * order + j, b * order + j) }
    }
}

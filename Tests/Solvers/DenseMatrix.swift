/// Textbook dense algebra, the reference of the sparse kernels.
struct DenseMatrix {
    let order: Int
    private var values: [Double]

    init(order: Int) {
        self.order = order
        values = [Double](repeating: 0, count: order * order)
    }

    subscript(row: Int, column: Int) -> Double {
        get { values[row * order + column] }
        set { values[row * order + column] = newValue }
    }

    func times(_ x: [Double]) -> [Double] { (0..<order).map { row in (0..<order).reduce(0) { $0 + self[row, $1] * x[$1] } } }

    /// By Gauss–Jordan elimination with row exchanges.
    func inverse() -> DenseMatrix {
        var a = self
        var inverse = DenseMatrix(order: order)
        for row in 0..<order { inverse[row, row] = 1 }
        for step in 0..<order {
            var pivot = step
            for row in step..<order where abs(a[row, step]) > abs(a[pivot, step]) { pivot = row }
            for column in 0..<order {
                (a[step, column], a[pivot, column]) = (a[pivot, column], a[step, column])
                (inverse[step, column], inverse[pivot, column]) = (inverse[pivot, column], inverse[step, column])
            }
            let scale = 1 / a[step, step]
            for column in 0..<order {
                a[step, column] *= scale
                inverse[step, column] *= scale
            }
            for row in 0..<order where row != step && a[row, step] != 0 {
                let factor = a[row, step]
                for column in 0..<order {
                    a[row, column] -= factor * a[step, column]
                    inverse[row, column] -= factor * inverse[step, column]
                }
            }
        }
        return inverse
    }
}

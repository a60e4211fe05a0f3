/// Ridge regression for each hour of the day on standardised columns, with neighbouring hours where history is short, recent days weighing more.
struct HourlyRidge {
    /// Of each column.
    let means: [Double]
    let scales: [Double]
    /// 24 × (columns + 1), the intercept last.
    let coefficients: [Double]
    /// The same without each of the parts, `parts` after another: what a part of the history would be expected to be by the rest of it.
    /// Empty in a forecaster; members that learn from the difference must not see one that is smaller than in the future.
    private(set) var crossCoefficients: [Double] = []
    var columns: Int { means.count }

    /// - Parameters:
    ///   - rows: `columns` values each, row-major.
    ///   - weights: of each row; zero leaves it out.
    init(
        rows: UnsafeBufferPointer<Double>, columns: Int, hours: [Int], parts: [Int], targets: [Double], weights: [Double],
        neighbourWeight: Double, ridge: Double
    ) {
        let count = hours.count
        var means = [Double](repeating: 0, count: columns)
        var scales = [Double](repeating: 0, count: columns)
        for column in 0..<columns {
            var (sum, square, total) = (0.0, 0.0, 0.0)
            for row in 0..<count where weights[row] > 0 {
                let value = rows[row * columns + column]
                if value.isNaN { continue }
                sum += value
                square += value * value
                total += 1
            }
            let mean = total > 0 ? sum / total : 0
            means[column] = mean
            let variance = total > 0 ? max(0, square / total - mean * mean) : 0
            scales[column] = variance > 1e-12 * (1 + mean * mean) ? 1 / variance.squareRoot() : 0
        }
        self.means = means
        self.scales = scales
        var normal = [NormalEquations](repeating: NormalEquations(order: columns + 1), count: 24 * Self.crossParts)
        var scaled = [Double](repeating: 1, count: columns + 1)
        for row in 0..<count where weights[row] > 0 && !targets[row].isNaN {
            for column in 0..<columns {
                let value = rows[row * columns + column]
                scaled[column] = value.isNaN ? 0 : (value - means[column]) * scales[column]
            }
            normal[parts[row] * 24 + hours[row]].add(scaled, targets[row], weight: weights[row])
        }
        func solve(without part: Int?) -> [Double] {
            var sums = [NormalEquations](repeating: NormalEquations(order: columns + 1), count: 24)
            for other in 0..<Self.crossParts where other != part { for hour in 0..<24 { sums[hour].add(normal[other * 24 + hour], factor: 1) } }
            return (0..<24).flatMap { hour -> [Double] in
                var sum = sums[hour]
                if neighbourWeight > 0 {
                    sum.add(sums[(hour + 23) % 24], factor: neighbourWeight)
                    sum.add(sums[(hour + 1) % 24], factor: neighbourWeight)
                }
                return sum.solve(ridge: ridge)
            }
        }
        coefficients = solve(without: nil)
        crossCoefficients = (0..<Self.crossParts).flatMap { solve(without: $0) }
    }

    init(means: [Double], scales: [Double], coefficients: [Double]) {
        self.means = means
        self.scales = scales
        self.coefficients = coefficients
    }

    static let crossParts = 5

    /// - Parameter part: the part of the history that the row is from, nil for what is not of it.
    func value(_ row: UnsafePointer<Double>, hour: Int, part: Int? = nil) -> Double {
        if let part, !crossCoefficients.isEmpty {
            return value(row, crossCoefficients, base: (part * 24 + hour) * (columns + 1))
        }
        return value(row, coefficients, base: hour * (columns + 1))
    }

    private func value(_ row: UnsafePointer<Double>, _ coefficients: [Double], base: Int) -> Double {
        coefficients.withUnsafeBufferPointer { coefficients in
            var sum = coefficients[base + columns]
            for column in 0..<columns where !row[column].isNaN {
                sum += (row[column] - means[column]) * scales[column] * coefficients[base + column]
            }
            return sum
        }
    }

    /// Without what only a training needs.
    var trained: HourlyRidge { HourlyRidge(means: means, scales: scales, coefficients: coefficients) }
}

/// The sums of a weighted least-squares problem, and its ridge solution.
struct NormalEquations {
    let order: Int
    /// Lower triangle, row after row.
    private var matrix: [Double]
    private var right: [Double]
    private var total = 0.0

    init(order: Int) {
        self.order = order
        matrix = [Double](repeating: 0, count: order * (order + 1) / 2)
        right = [Double](repeating: 0, count: order)
    }

    mutating func add(_ row: [Double], _ target: Double, weight: Double) {
        total += weight
        matrix.withUnsafeMutableBufferPointer { matrix in
            right.withUnsafeMutableBufferPointer { right in
                row.withUnsafeBufferPointer { row in
                    var place = 0
                    for i in 0..<order {
                        let scaled = weight * row[i]
                        right[i] += scaled * target
                        for j in 0...i { matrix[place + j] += scaled * row[j] }
                        place += i + 1
                    }
                }
            }
        }
    }

    mutating func add(_ other: NormalEquations, factor: Double) {
        total += factor * other.total
        for index in matrix.indices { matrix[index] += factor * other.matrix[index] }
        for index in right.indices { right[index] += factor * other.right[index] }
    }

    /// The coefficients; the last column, the intercept, is not drawn to zero.
    /// - Parameter ridge: in units of rows: as strong as so many standardised rows.
    func solve(ridge: Double) -> [Double] {
        var factor = matrix
        for i in 0..<order { factor[i * (i + 1) / 2 + i] += i == order - 1 ? 1e-9 * (1 + total) : ridge + 1e-9 * total }
        var solution = right
        Cholesky.solve(&factor, &solution)
        return solution
    }
}

/// Dense symmetric positive definite systems, packed lower triangle.
enum Cholesky {
    /// Factors the matrix in place and replaces the right side by the solution; a pivot that is not positive is left out (its unknown is zero).
    static func solve(_ matrix: inout [Double], _ right: inout [Double]) {
        let order = right.count
        matrix.withUnsafeMutableBufferPointer { a in
            right.withUnsafeMutableBufferPointer { b in
                for i in 0..<order {
                    let rowI = i * (i + 1) / 2
                    for j in 0...i {
                        let rowJ = j * (j + 1) / 2
                        var sum = a[rowI + j]
                        for k in 0..<j { sum -= a[rowI + k] * a[rowJ + k] }
                        if i == j {
                            a[rowI + i] = sum > 1e-300 ? sum.squareRoot() : 0
                        } else {
                            a[rowI + j] = a[rowJ + j] > 0 ? sum / a[rowJ + j] : 0
                        }
                    }
                    var sum = b[i]
                    for k in 0..<i { sum -= a[rowI + k] * b[k] }
                    b[i] = a[rowI + i] > 0 ? sum / a[rowI + i] : 0
                }
                for i in stride(from: order - 1, through: 0, by: -1) {
                    var sum = b[i]
                    for k in i + 1..<max(i + 1, order) { sum -= a[k * (k + 1) / 2 + i] * b[k] }
                    let pivot = a[i * (i + 1) / 2 + i]
                    b[i] = pivot > 0 ? sum / pivot : 0
                }
            }
        }
    }
}

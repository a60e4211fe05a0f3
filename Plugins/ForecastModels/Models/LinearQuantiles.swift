internal import Glibc

/// Linear quantile regression of one group of rows on standardised columns, for several levels at once.
///
/// The pinball loss is smoothed by convolution with a uniform kernel (Fernandes, Guerre, Horta 2021; He et al. 2023, "conquer"), which makes it
/// twice differentiable: damped Newton steps, each level started from its neighbour's solution.
struct LinearQuantiles: Hashable {
    /// `levels × (columns + 1)`, the intercept last in each row.
    let coefficients: [Double]

    /// - Parameters:
    ///   - rows: standardised, row-major, `columns` wide, without NaN.
    ///   - weights: of each row.
    ///   - ridge: strength of the pull to zero, in rows.
    init(rows: [Double], columns: Int, targets: [Double], weights: [Double], levels: [Double], ridge: Double) {
        let width = columns + 1
        let count = targets.count
        var design = [Double](repeating: 1, count: count * width)
        for row in 0..<count { for column in 0..<columns { design[row * width + column] = rows[row * columns + column] } }
        var normal = NormalEquations(order: width)
        for row in 0..<count { normal.add(Array(design[row * width..<(row + 1) * width]), targets[row], weight: weights[row]) }
        let mean = normal.solve(ridge: ridge)
        var residuals = [Double](repeating: 0, count: count)
        Self.residuals(&residuals, design, width, targets, mean)
        let spread = max(1e-9, Numerics.median(residuals.map(abs)) / 0.6745)
        let effective = weights.reduce(0, +)
        let bandwidth = spread * max(0.08, min(0.6, 0.9 * pow((Double(width) + 6) / max(10, effective), 0.4)))
        var solver = SmoothedSolver(
            design: design, width: width, targets: targets, weights: weights, bandwidth: bandwidth, ridge: ridge)
        let middle = levels.indices.min { abs(levels[$0] - 0.5) < abs(levels[$1] - 0.5) } ?? 0
        var solutions = [[Double]](repeating: mean, count: levels.count)
        solutions[middle] = solver.solve(level: levels[middle], from: mean)
        for index in stride(from: middle - 1, through: 0, by: -1) {
            solutions[index] = solver.solve(level: levels[index], from: solutions[index + 1])
        }
        for index in middle + 1..<max(middle + 1, levels.count) {
            solutions[index] = solver.solve(level: levels[index], from: solutions[index - 1])
        }
        coefficients = solutions.flatMap { $0 }
    }

    init(coefficients: [Double]) { self.coefficients = coefficients }

    private static func residuals(_ result: inout [Double], _ design: [Double], _ width: Int, _ targets: [Double], _ solution: [Double]) {
        design.withUnsafeBufferPointer { design in
            for row in 0..<targets.count {
                var sum = targets[row]
                for column in 0..<width { sum -= design[row * width + column] * solution[column] }
                result[row] = sum
            }
        }
    }
}

/// Newton's method on the smoothed pinball loss of one group.
private struct SmoothedSolver {
    let design: [Double]
    let width: Int
    let targets: [Double]
    let weights: [Double]
    let bandwidth: Double
    let ridge: Double
    private var residuals: [Double]

    init(design: [Double], width: Int, targets: [Double], weights: [Double], bandwidth: Double, ridge: Double) {
        self.design = design
        self.width = width
        self.targets = targets
        self.weights = weights
        self.bandwidth = bandwidth
        self.ridge = ridge
        residuals = [Double](repeating: 0, count: targets.count)
    }

    mutating func solve(level: Double, from start: [Double]) -> [Double] {
        var solution = start
        var value = loss(solution, level: level)
        for _ in 0..<15 {
            let step = newtonStep(solution, level: level)
            var length = 1.0
            var improved = false
            for _ in 0..<10 {
                let trial = zip(solution, step).map { $0 + length * $1 }
                let trialValue = loss(trial, level: level)
                if trialValue < value {
                    let gain = value - trialValue
                    solution = trial
                    value = trialValue
                    improved = gain > 1e-5 * (abs(value) + 1e-12)
                    break
                }
                length *= 0.5
            }
            if !improved { break }
        }
        return solution
    }

    /// The penalised loss; leaves the residuals of the solution behind.
    private mutating func loss(_ solution: [Double], level: Double) -> Double {
        let h = bandwidth
        var sum = 0.0
        design.withUnsafeBufferPointer { design in
            solution.withUnsafeBufferPointer { solution in
                residuals.withUnsafeMutableBufferPointer { residuals in
                    for row in 0..<targets.count {
                        var fitted = 0.0
                        let base = design.baseAddress! + row * width
                        for column in 0..<width { fitted += base[column] * solution[column] }
                        let u = targets[row] - fitted
                        residuals[row] = u
                        let smooth = abs(u) < h ? u * u / (4 * h) + h / 4 : abs(u) / 2
                        sum += weights[row] * (smooth + (level - 0.5) * u)
                    }
                }
            }
        }
        var penalty = 0.0
        for column in 0..<width - 1 { penalty += solution[column] * solution[column] }
        return sum + ridge / (4 * h) * penalty
    }

    private mutating func newtonStep(_ solution: [Double], level: Double) -> [Double] {
        let h = bandwidth
        _ = loss(solution, level: level)
        var matrix = [Double](repeating: 0, count: width * (width + 1) / 2)
        var right = [Double](repeating: 0, count: width)
        design.withUnsafeBufferPointer { design in
            matrix.withUnsafeMutableBufferPointer { matrix in
                right.withUnsafeMutableBufferPointer { right in
                    for row in 0..<targets.count {
                        let u = residuals[row]
                        let isInside = abs(u) < h
                        let slope = weights[row] * (level - 0.5 + (isInside ? u / (2 * h) : u > 0 ? 0.5 : -0.5))
                        let base = design.baseAddress! + row * width
                        for column in 0..<width { right[column] += slope * base[column] }
                        guard isInside else { continue }
                        let curvature = weights[row] / (2 * h)
                        var place = 0
                        for i in 0..<width {
                            let scaled = curvature * base[i]
                            for j in 0...i { matrix[place + j] += scaled * base[j] }
                            place += i + 1
                        }
                    }
                }
            }
        }
        let pull = ridge / (2 * h)
        for column in 0..<width {
            matrix[column * (column + 1) / 2 + column] += (column < width - 1 ? pull : 0) + 1e-3 / h
            if column < width - 1 { right[column] -= pull * solution[column] }
        }
        Cholesky.solve(&matrix, &right)
        return right
    }
}

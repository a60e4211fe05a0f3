/// A feature matrix in at most 63 steps per column, for the histograms of the boosted trees. NaN is step zero, below everything.
struct FeatureBins {
    let rows: Int
    let columns: Int
    /// Row-major, `rows × columns`.
    let bins: [UInt8]
    /// Upper bounds of the steps 1... of each column; the last step has none.
    let cuts: [[Float]]

    static let stepsPerColumn = 64

    /// - Parameter values: row-major, `rows × columns`.
    init(values: [Float], rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        var cuts: [[Float]] = []
        var bins = [UInt8](repeating: 0, count: rows * columns)
        let stride = max(1, rows / 8192)
        var sample: [Float] = []
        for column in 0..<columns {
            sample.removeAll(keepingCapacity: true)
            for row in Swift.stride(from: column % stride, to: rows, by: stride) {
                let value = values[row * columns + column]
                if !value.isNaN { sample.append(value) }
            }
            sample.sort()
            let own = Self.cuts(sample)
            cuts.append(own)
            values.withUnsafeBufferPointer { values in
                bins.withUnsafeMutableBufferPointer { bins in
                    own.withUnsafeBufferPointer { own in
                        for row in 0..<rows { bins[row * columns + column] = Self.bin(values[row * columns + column], own) }
                    }
                }
            }
        }
        self.cuts = cuts
        self.bins = bins
    }

    private static func cuts(_ sorted: [Float]) -> [Float] {
        guard let last = sorted.last else { return [] }
        var distinct: [Float] = []
        for value in sorted where distinct.last != value {
            distinct.append(value)
            if distinct.count >= stepsPerColumn - 1 { break }
        }
        if distinct.count < stepsPerColumn - 1 {
            return zip(distinct, distinct.dropFirst()).map { $0 + ($1 - $0) / 2 }
        }
        var result: [Float] = []
        for step in 1..<(stepsPerColumn - 2) {
            let value = sorted[step * sorted.count / (stepsPerColumn - 2)]
            if value < last, result.last.map({ value > $0 }) ?? true { result.append(value) }
        }
        return result
    }

    private static func bin(_ value: Float, _ cuts: UnsafeBufferPointer<Float>) -> UInt8 {
        if value.isNaN { return 0 }
        var low = 0
        var high = cuts.count
        while low < high {
            let middle = (low + high) / 2
            if value > cuts[middle] { low = middle + 1 } else { high = middle }
        }
        return UInt8(low + 1)
    }
}

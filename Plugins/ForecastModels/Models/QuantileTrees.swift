/// Boosted regression trees of which every leaf holds one step for each quantile level: one ensemble is the whole distribution.
///
/// Gradient boosting of the pinball loss with leaves set to the quantiles of their residuals (Friedman 2001, section 4.4, for the quantile loss),
/// extended to vectors: a split is scored by the gradients of the lower, middle and upper levels together, so that it may separate
/// location, scale or skewness, and the leaf is then fitted for each level by itself.
struct QuantileTrees: Hashable {
    /// Rising.
    let levels: [Double]
    let columns: Int
    /// Quantiles of the target before the first tree.
    var start: [Float] = []
    /// Index of the root of each tree in the node arrays.
    var roots: [Int32] = []
    /// Split column of each node; -1 is a leaf.
    var column: [Int16] = []
    /// Values above go right; NaN goes left.
    var threshold: [Float] = []
    /// Left child of a split (the right one follows it); of a leaf, its number.
    var child: [Int32] = []
    /// `levels.count` values of each leaf, shrunk already.
    var leaves: [Float] = []
    /// Sum of the gains of each column, for the importance of features.
    var gains: [Double] = []

    /// Quantiles of a row, in the order of the levels, not yet sorted.
    func predict(_ row: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>) {
        let count = levels.count
        for level in 0..<count { result[level] = start[level] }
        column.withUnsafeBufferPointer { column in
            threshold.withUnsafeBufferPointer { threshold in
                child.withUnsafeBufferPointer { child in
                    leaves.withUnsafeBufferPointer { leaves in
                        for root in roots {
                            var node = Int(root)
                            while column[node] >= 0 { node = Int(child[node]) + (row[Int(column[node])] > threshold[node] ? 1 : 0) }
                            let base = Int(child[node]) * count
                            for level in 0..<count { result[level] += leaves[base + level] }
                        }
                    }
                }
            }
        }
    }

    struct Settings: Hashable {
        var rounds = 200
        var leaves = 12
        var minimumRows = 100
        var shrinkage: Float = 0.08
        /// Share of the blocks (days) that each tree sees.
        var rowShare = 0.6
        /// Share of the columns that each tree sees.
        var columnShare = 0.7
        /// Rows by which a leaf's step is drawn to zero.
        var leafPrior: Float = 20
        var seed: UInt64 = 1
    }
}

/// Grows the trees of a `QuantileTrees`, best split first, on histograms of the gradients in three groups of levels.
struct TreeGrower {
    private typealias Sums = SIMD4<Float>

    private let bins: FeatureBins
    private let settings: QuantileTrees.Settings
    private var generator: SplitMix
    private let histogramSize: Int

    init(bins: FeatureBins, settings: QuantileTrees.Settings) {
        self.bins = bins
        self.settings = settings
        generator = SplitMix(settings.seed)
        histogramSize = bins.columns * FeatureBins.stepsPerColumn
    }

    private struct Split {
        var gain: Float = 0
        var column = -1
        var bin = 0
    }

    private struct Leaf {
        var rows: Range<Int>
        var histogram: Int
        var total: SIMD4<Float>
        var best: Split
        var node: Int
    }

    /// - Parameters:
    ///   - targets: of each row.
    ///   - blocks: block number of each row (its day); whole blocks are drawn for each tree.
    ///   - blockWeights: chance of each block to be drawn, relative to `rowShare`.
    mutating func fit(
        targets: [Float], blocks: [Int], blockWeights: [Double], levels: [Double], isCancelled: () -> Bool
    ) throws -> QuantileTrees {
        let count = bins.rows
        let levelCount = levels.count
        var model = QuantileTrees(levels: levels, columns: bins.columns)
        model.gains = [Double](repeating: 0, count: bins.columns)
        let sorted = targets.sorted().map(Double.init)
        model.start = levels.map { Float(Numerics.sortedQuantile(sorted, $0)) }
        var state = [Float](repeating: 0, count: levelCount * count)
        for level in 0..<levelCount { for row in 0..<count { state[level * count + row] = model.start[level] } }
        var gradients = [SIMD4<Float>](repeating: .zero, count: count)
        var order = [Int32](repeating: 0, count: count)
        var histograms = [SIMD4<Float>](repeating: .zero, count: histogramSize * (settings.leaves + 1))
        var selection = [Float](repeating: 0, count: count)
        var leafOf = [UInt8](repeating: 0, count: count)
        for round in 0..<settings.rounds {
            if round % 8 == 0, isCancelled() { throw ForecastError.cancelled }
            Self.gradients(&gradients, targets: targets, state: state, levels: levels)
            let inBag = draw(blocks: blocks, weights: blockWeights, into: &order)
            guard inBag >= 2 * settings.minimumRows else { break }
            let columns = drawColumns()
            let leaves = grow(&model, gradients: gradients, order: &order, inBag: inBag, columns: columns, histograms: &histograms)
            assign(model, leaves: leaves, to: &leafOf)
            setLeaves(&model, leaves: leaves, leafOf: leafOf, order: &order, targets: targets, state: state, selection: &selection)
            advance(model, leaves: leaves.count, leafOf: leafOf, state: &state)
        }
        return model
    }

    private static func gradients(_ result: inout [SIMD4<Float>], targets: [Float], state: [Float], levels: [Double]) {
        let count = targets.count
        let third = Double(levels.count) / 3
        for row in 0..<count { result[row] = SIMD4(0, 0, 0, 1) }
        for (index, level) in levels.enumerated() {
            let group = min(2, Int((Double(index) + 0.5) / third))
            var step = SIMD4<Float>.zero
            step[group] = 1
            let base = step * Float(level)
            state.withUnsafeBufferPointer { state in
                targets.withUnsafeBufferPointer { targets in
                    result.withUnsafeMutableBufferPointer { result in
                        for row in 0..<count { result[row] += targets[row] < state[index * count + row] ? base - step : base }
                    }
                }
            }
        }
    }

    /// Puts the rows of drawn blocks to the front of `order`.
    private mutating func draw(blocks: [Int], weights: [Double], into order: inout [Int32]) -> Int {
        let chosen = weights.map { generator.uniform() < settings.rowShare * $0 }
        var place = 0
        for row in 0..<blocks.count where chosen[blocks[row]] {
            order[place] = Int32(row)
            place += 1
        }
        return place
    }

    private mutating func drawColumns() -> [Int] {
        let needed = max(1, Int((Double(bins.columns) * settings.columnShare).rounded()))
        var all = Array(0..<bins.columns)
        for index in 0..<needed { all.swapAt(index, index + Int(generator.next() % UInt64(all.count - index))) }
        return all[..<needed].sorted()
    }

    private mutating func grow(
        _ model: inout QuantileTrees, gradients: [SIMD4<Float>], order: inout [Int32], inBag: Int, columns: [Int], histograms: inout [SIMD4<Float>]
    ) -> [Leaf] {
        let root = model.column.count
        model.roots.append(Int32(root))
        Self.appendLeaf(&model)
        var total = SIMD4<Float>.zero
        for place in 0..<inBag { total += gradients[Int(order[place])] }
        var leaves = [Leaf(rows: 0..<inBag, histogram: 0, total: total, best: Split(), node: root)]
        fill(&histograms, slot: 0, rows: 0..<inBag, order: order, gradients: gradients)
        leaves[0].best = bestSplit(histograms, leaf: leaves[0], columns: columns)
        while leaves.count < settings.leaves {
            guard let chosen = leaves.indices.max(by: { leaves[$0].best.gain < leaves[$1].best.gain }), leaves[chosen].best.column >= 0 else { break }
            let leaf = leaves[chosen]
            let middle = partition(&order, rows: leaf.rows, split: leaf.best)
            model.gains[leaf.best.column] += Double(leaf.best.gain)
            model.column[leaf.node] = Int16(leaf.best.column)
            model.threshold[leaf.node] = bins.cuts[leaf.best.column][leaf.best.bin - 1]
            model.child[leaf.node] = Int32(model.column.count)
            let first = model.column.count
            Self.appendLeaf(&model)
            Self.appendLeaf(&model)
            let (left, right) = (leaf.rows.lowerBound..<middle, middle..<leaf.rows.upperBound)
            let isLeftSmaller = left.count < right.count
            let fresh = leaves.count
            fill(&histograms, slot: fresh, rows: isLeftSmaller ? left : right, order: order, gradients: gradients)
            subtract(&histograms, fresh, from: leaf.histogram)
            let smallTotal = (isLeftSmaller ? left : right).reduce(SIMD4<Float>.zero) { $0 + gradients[Int(order[$1])] }
            var small = Leaf(
                rows: isLeftSmaller ? left : right, histogram: fresh, total: smallTotal, best: Split(), node: isLeftSmaller ? first : first + 1)
            var large = Leaf(
                rows: isLeftSmaller ? right : left, histogram: leaf.histogram, total: leaf.total - smallTotal, best: Split(),
                node: isLeftSmaller ? first + 1 : first)
            if leaves.count + 1 < settings.leaves {
                small.best = bestSplit(histograms, leaf: small, columns: columns)
                large.best = bestSplit(histograms, leaf: large, columns: columns)
            }
            leaves[chosen] = large
            leaves.append(small)
        }
        return leaves
    }

    private static func appendLeaf(_ model: inout QuantileTrees) {
        model.column.append(-1)
        model.threshold.append(0)
        model.child.append(0)
    }

    private func fill(_ histograms: inout [SIMD4<Float>], slot: Int, rows: Range<Int>, order: [Int32], gradients: [SIMD4<Float>]) {
        let columns = bins.columns
        let steps = FeatureBins.stepsPerColumn
        histograms.withUnsafeMutableBufferPointer { histograms in
            guard let base = histograms.baseAddress?.advanced(by: slot * histogramSize) else { return }
            for index in 0..<histogramSize { base[index] = .zero }
            bins.bins.withUnsafeBufferPointer { bins in
                gradients.withUnsafeBufferPointer { gradients in
                    order.withUnsafeBufferPointer { order in
                        for place in rows {
                            let row = Int(order[place])
                            let gradient = gradients[row]
                            let own = bins.baseAddress! + row * columns
                            var cell = base
                            for column in 0..<columns {
                                cell[Int(own[column])] += gradient
                                cell += steps
                            }
                        }
                    }
                }
            }
        }
    }

    private func subtract(_ histograms: inout [SIMD4<Float>], _ small: Int, from parent: Int) {
        histograms.withUnsafeMutableBufferPointer { histograms in
            let (from, to) = (small * histogramSize, parent * histogramSize)
            for index in 0..<histogramSize { histograms[to + index] -= histograms[from + index] }
        }
    }

    private func bestSplit(_ histograms: [SIMD4<Float>], leaf: Leaf, columns: [Int]) -> Split {
        let minimum = Float(settings.minimumRows)
        guard leaf.total.w >= 2 * minimum else { return Split() }
        func score(_ sums: SIMD4<Float>) -> Float { (sums.x * sums.x + sums.y * sums.y + sums.z * sums.z) / (sums.w + 1) }
        let parent = score(leaf.total)
        var best = Split()
        histograms.withUnsafeBufferPointer { histograms in
            for column in columns {
                let base = leaf.histogram * histogramSize + column * FeatureBins.stepsPerColumn
                var left = histograms[base]
                for bin in 1..<max(1, bins.cuts[column].count + 1) {
                    left += histograms[base + bin]
                    if left.w < minimum { continue }
                    let right = leaf.total - left
                    if right.w < minimum { break }
                    let gain = score(left) + score(right) - parent
                    if gain > best.gain { best = Split(gain: gain, column: column, bin: bin) }
                }
            }
        }
        return best
    }

    private func partition(_ order: inout [Int32], rows: Range<Int>, split: Split) -> Int {
        let columns = bins.columns
        return order.withUnsafeMutableBufferPointer { order in
            bins.bins.withUnsafeBufferPointer { bins in
                var low = rows.lowerBound
                var high = rows.upperBound
                while low < high {
                    if Int(bins[Int(order[low]) * columns + split.column]) <= split.bin {
                        low += 1
                    } else {
                        high -= 1
                        order.swapAt(low, high)
                    }
                }
                return low
            }
        }
    }

    /// The leaf of the newest tree that each row falls into, drawn for it or not.
    private func assign(_ model: QuantileTrees, leaves: [Leaf], to leafOf: inout [UInt8]) {
        let root = Int(model.roots[model.roots.count - 1])
        let columns = bins.columns
        // A split's threshold is the upper bound of its bin: rows are led by bins, which is the same comparison.
        var limits = [UInt8](repeating: 0, count: model.column.count - root)
        var numbers = limits
        for node in root..<model.column.count where model.column[node] >= 0 {
            let cuts = bins.cuts[Int(model.column[node])]
            limits[node - root] = UInt8((cuts.firstIndex(of: model.threshold[node]) ?? 0) + 1)
        }
        for (number, leaf) in leaves.enumerated() { numbers[leaf.node - root] = UInt8(number) }
        bins.bins.withUnsafeBufferPointer { bins in
            model.column.withUnsafeBufferPointer { column in
                model.child.withUnsafeBufferPointer { child in
                    limits.withUnsafeBufferPointer { limits in
                        for row in leafOf.indices {
                            var node = root
                            while column[node] >= 0 {
                                node = Int(child[node]) + (bins[row * columns + Int(column[node])] > limits[node - root] ? 1 : 0)
                            }
                            leafOf[row] = numbers[node - root]
                        }
                    }
                }
            }
        }
    }

    /// Sets each leaf to the quantiles of what is left of all of its rows, those too that were not drawn for the tree: where its splits were found
    /// on part of the days, the others keep its values from following them.
    private func setLeaves(
        _ model: inout QuantileTrees, leaves: [Leaf], leafOf: [UInt8], order: inout [Int32], targets: [Float], state: [Float], selection: inout [Float]
    ) {
        let count = targets.count
        var starts = [Int](repeating: 0, count: leaves.count + 1)
        for leaf in leafOf { starts[Int(leaf) + 1] += 1 }
        for leaf in leaves.indices { starts[leaf + 1] += starts[leaf] }
        var next = starts
        for row in 0..<count {
            order[next[Int(leafOf[row])]] = Int32(row)
            next[Int(leafOf[row])] += 1
        }
        for (number, leaf) in leaves.enumerated() {
            model.child[leaf.node] = Int32(model.leaves.count / model.levels.count)
            let (first, rows) = (starts[number], starts[number + 1] - starts[number])
            let shrinkage = settings.shrinkage * Float(rows) / (Float(rows) + settings.leafPrior)
            for (index, level) in model.levels.enumerated() {
                let step = state.withUnsafeBufferPointer { state in
                    targets.withUnsafeBufferPointer { targets in
                        order.withUnsafeBufferPointer { order in
                            selection.withUnsafeMutableBufferPointer { selection in
                                for place in 0..<rows {
                                    let row = Int(order[first + place])
                                    selection[place] = targets[row] - state[index * count + row]
                                }
                                return Selection.quantile(selection, count: rows, level: level)
                            }
                        }
                    }
                }
                model.leaves.append(shrinkage * step)
            }
        }
    }

    /// Adds the newest tree, of so many leaves, to the state of every row.
    private func advance(_ model: QuantileTrees, leaves: Int, leafOf: [UInt8], state: inout [Float]) {
        let levels = model.levels.count
        let first = model.leaves.count - leaves * levels
        let count = leafOf.count
        state.withUnsafeMutableBufferPointer { state in
            model.leaves.withUnsafeBufferPointer { values in
                leafOf.withUnsafeBufferPointer { leafOf in
                    for level in 0..<levels {
                        for row in 0..<count { state[level * count + row] += values[first + Int(leafOf[row]) * levels + level] }
                    }
                }
            }
        }
    }
}

/// Order statistics without sorting.
enum Selection {
    /// The `level` quantile (type 7) of the first `count` values, which are reordered.
    static func quantile(_ values: UnsafeMutableBufferPointer<Float>, count: Int, level: Double) -> Float {
        guard count > 0 else { return 0 }
        let place = level * Double(count - 1)
        let lower = min(count - 1, Int(place))
        select(values, count: count, rank: lower)
        guard lower + 1 < count else { return values[lower] }
        var next = values[lower + 1]
        for index in lower + 1..<count where values[index] < next { next = values[index] }
        return values[lower] + Float(place - Double(lower)) * (next - values[lower])
    }

    /// Quickselect: afterwards `values[rank]` is the one of that rank, smaller ones before it.
    private static func select(_ values: UnsafeMutableBufferPointer<Float>, count: Int, rank: Int) {
        var low = 0
        var high = count - 1
        while low < high {
            let pivot = median(values[low], values[(low + high) / 2], values[high])
            var i = low
            var j = high
            while i <= j {
                while values[i] < pivot { i += 1 }
                while values[j] > pivot { j -= 1 }
                if i <= j {
                    values.swapAt(i, j)
                    i += 1
                    j -= 1
                }
            }
            if rank <= j { high = j } else if rank >= i { low = i } else { return }
        }
    }

    private static func median(_ a: Float, _ b: Float, _ c: Float) -> Float { max(min(a, b), min(max(a, b), c)) }
}

/// Merges sources into runs in the order of time, the last written point of each time. Only sources that overlap are in memory
/// at once; where they do not, their points go out as they are.
struct ScanMerge {
    let type: FieldType
    let from: Int64
    let through: Int64
    let descending: Bool
    /// The points of a source; `nil` if they cannot be read and are passed over.
    let load: (ScanSource) -> PointBlock?

    /// Gives the runs to `body` until it says `false`; `false` then.
    ///
    /// - Parameter sources: in the order of writing.
    func run(_ sources: [ScanSource], _ body: (borrowing PointRun) -> Bool) -> Bool {
        let order = sources.indices.sorted { left, right in
            descending
                ? (sources[left].lastTime, left) > (sources[right].lastTime, right)
                : (sources[left].firstTime, left) < (sources[right].firstTime, right)
        }
        var cursors: [ScanCursor] = []
        for (position, index) in order.enumerated() {
            if let points = load(sources[index]) {
                cursors.append(
                    ScanCursor(rank: index, points: points.sortedUnique(type: type), from: from, through: through))
            }
            let next = position + 1 < order.count ? sources[order[position + 1]] : nil
            guard emit(&cursors, before: next, body) else { return false }
        }
        return true
    }

    /// Gives out all points that come before any of the next source.
    private func emit(
        _ cursors: inout [ScanCursor], before next: ScanSource?, _ body: (borrowing PointRun) -> Bool
    ) -> Bool {
        var limit: Int64?
        if let next {
            let (bound, overflows) = descending
                ? next.lastTime.addingReportingOverflow(1) : next.firstTime.subtractingReportingOverflow(1)
            guard !overflows else { return true }
            limit = bound
        }
        cursors.removeAll { $0.rest.isEmpty }
        while !cursors.isEmpty {
            let bound = nearer(limit, ends(of: cursors))
            var portions: [(points: PointBlock, range: Range<Int>, rank: Int)] = []
            for index in cursors.indices {
                let range = cursors[index].portion(upTo: bound, descending: descending)
                guard !range.isEmpty else { continue }
                portions.append((cursors[index].points, range, cursors[index].rank))
                cursors[index].drop(range, descending: descending)
            }
            if portions.isEmpty { return true }
            guard body(run(of: portions)) else { return false }
            cursors.removeAll { $0.rest.isEmpty }
        }
        return true
    }

    /// Where the first cursor ends; up to there points may have to be merged, beyond it there is one source fewer.
    private func ends(of cursors: [ScanCursor]) -> Int64? {
        let ends = cursors.lazy.map { $0.points.times[descending ? $0.rest.lowerBound : $0.rest.upperBound - 1] }
        return descending ? ends.max() : ends.min()
    }

    private func nearer(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        return descending ? max(left, right) : min(left, right)
    }

    private func run(of portions: [(points: PointBlock, range: Range<Int>, rank: Int)]) -> PointRun {
        if portions.count == 1 { return portions[0].points.run(portions[0].range, type: type, reversed: descending) }
        var merged = PointBlock()
        for portion in portions.sorted(by: { $0.rank < $1.rank }) { merged.append(portion.points, portion.range, type: type) }
        merged = merged.sortedUnique(type: type)
        return merged.run(0..<merged.count, type: type, reversed: descending)
    }
}

extension PointBlock {
    /// A range of the points in the form that readers get.
    func run(_ range: Range<Int>, type: FieldType, reversed: Bool) -> PointRun {
        func ordered<Element>(_ values: some BidirectionalCollection<Element>) -> [Element] {
            reversed ? Array(values.reversed()) : Array(values)
        }
        let bits = bits[range]
        let values: ValueColumn =
            switch type {
            case .float: .float(ordered(bits.lazy.map { Double(bitPattern: $0) }))
            case .integer: .integer(ordered(bits.lazy.map { Int64(bitPattern: $0) }))
            case .boolean: .boolean(ordered(bits.lazy.map { $0 != 0 }))
            case .text: .text(ordered(bits.lazy.map { texts[Int($0)] }))
            }
        return PointRun(
            times: ordered(times[range]), values: values, qualities: qualities.isEmpty ? [] : ordered(qualities[range]))
    }
}

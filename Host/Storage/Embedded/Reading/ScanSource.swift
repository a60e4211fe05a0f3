/// Points of one column that a scan has to merge: a chunk, a sealed block or a head.
struct ScanSource {
    enum Content {
        case chunk(ChunkReader.Entry)
        case memory(PointBlock)
    }

    let content: Content
    let firstTime: Int64
    let lastTime: Int64

    init(_ entry: ChunkReader.Entry) {
        content = .chunk(entry)
        firstTime = entry.firstTime
        lastTime = entry.lastTime
    }

    /// `nil` if the block has no points.
    init?(_ points: PointBlock) {
        guard let first = points.times.first, let last = points.times.last else { return nil }
        content = .memory(points)
        firstTime = points.isAscending ? first : points.times.min() ?? first
        lastTime = points.isAscending ? last : points.times.max() ?? last
    }
}

/// The part of a source that a scan has not given out yet, sorted and each time once.
struct ScanCursor {
    /// Of two points of the same time, the one of the higher rank was written later.
    let rank: Int
    let points: PointBlock
    var rest: Range<Int>

    init(rank: Int, points: PointBlock, from: Int64, through: Int64) {
        self.rank = rank
        self.points = points
        let start = points.times.firstIndexSorted { $0 >= from }
        rest = start..<max(start, points.times.firstIndexSorted { $0 > through })
    }

    /// The rest up to and including `bound` in the direction of the scan; everything if that is `nil`.
    func portion(upTo bound: Int64?, descending: Bool) -> Range<Int> {
        guard let bound else { return rest }
        if descending {
            let start = points.times.firstIndexSorted { $0 >= bound }
            return max(rest.lowerBound, min(start, rest.upperBound))..<rest.upperBound
        }
        let end = points.times.firstIndexSorted { $0 > bound }
        return rest.lowerBound..<max(rest.lowerBound, min(end, rest.upperBound))
    }

    mutating func drop(_ portion: Range<Int>, descending: Bool) {
        rest = descending ? rest.lowerBound..<portion.lowerBound : portion.upperBound..<rest.upperBound
    }
}

extension [Int64] {
    /// The first index whose element satisfies a predicate that holds from some element on.
    func firstIndexSorted(_ predicate: (Int64) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Points of one type in memory, in the order in which they arrived.
struct PointBlock {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    var times: [Int64] = []
    /// Bit patterns of floats and integers, 0 or 1 for booleans, for text the index in `texts`.
    var bits: [UInt64] = []
    private(set) var texts: [String] = []
    /// Bytes of `texts`.
    private(set) var textBytes = 0
    /// One a point; empty means that all are good.
    var qualities: [QualityFlags] = []
    /// Whether each time is later than the one before.
    private(set) var isAscending = true

    var count: Int { times.count }

    init() {}

    /// A block of decoded points, whose arrays fit one another.
    init(times: [Int64], bits: [UInt64], texts: [String], qualities: [QualityFlags]) {
        self.times = times
        self.bits = bits
        self.texts = texts
        textBytes = texts.reduce(0) { $0 + $1.utf8.count }
        self.qualities = qualities
        isAscending = zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Appends a point that is no text.
    @inline(__always)
    mutating func append(time: Int64, bits: UInt64, quality: QualityFlags) {
        if let last = times.last, last >= time { isAscending = false }
        if quality != 0 || !qualities.isEmpty { appendQuality(quality) }
        times.append(time)
        self.bits.append(bits)
    }

    mutating func append(time: Int64, text: String, quality: QualityFlags) {
        append(time: time, bits: UInt64(texts.count), quality: quality)
        texts.append(text)
        textBytes += text.utf8.count
    }

    /// Appends a range of another block of the same type.
    mutating func append(_ other: PointBlock, _ range: Range<Int>, type: FieldType) {
        if type == .text || !other.qualities.isEmpty || !qualities.isEmpty {
            for index in range { append(other, at: index, type: type) }
            return
        }
        guard let first = range.first else { return }
        if let last = times.last, last >= other.times[first] { isAscending = false }
        if !other.isAscending { isAscending = false }
        times.append(contentsOf: other.times[range])
        bits.append(contentsOf: other.bits[range])
    }

    mutating func append(_ other: PointBlock, at index: Int, type: FieldType) {
        let quality = other.qualities.isEmpty ? 0 : other.qualities[index]
        if type == .text {
            append(time: other.times[index], text: other.texts[Int(other.bits[index])], quality: quality)
        } else {
            append(time: other.times[index], bits: other.bits[index], quality: quality)
        }
    }

    /// Takes the first points out.
    mutating func removePrefix(_ length: Int, type: FieldType) -> PointBlock {
        var rest = PointBlock()
        if length < count { rest.append(self, length..<count, type: type) }
        var prefix = PointBlock()
        if length == count { prefix = self } else { prefix.append(self, 0..<length, type: type) }
        self = rest
        return prefix
    }

    /// Where a run from `start` ends that has at most so many points, and texts of about so many bytes.
    func endOfRun(from start: Int, points: Int, textBytes: Int, type: FieldType) -> Int {
        let end = min(start + points, count)
        guard type == .text, self.textBytes > textBytes else { return end }
        var bytes = 0
        for index in start..<end {
            bytes += texts[Int(bits[index])].utf8.count
            if bytes >= textBytes { return index + 1 }
        }
        return end
    }

    /// The points in ascending order of time, the last written one of each time.
    func sortedUnique(type: FieldType) -> PointBlock {
        if isAscending { return self }
        let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        var result = PointBlock()
        result.times.reserveCapacity(count)
        result.bits.reserveCapacity(count)
        for (rank, index) in order.enumerated() {
            if rank + 1 < order.count, times[order[rank + 1]] == times[index] { continue }
            result.append(self, at: index, type: type)
        }
        return result
    }

    func value(at index: Int, type: FieldType) -> FieldValue {
        switch type {
        case .float: .float(Double(bitPattern: bits[index]))
        case .integer: .integer(Int64(bitPattern: bits[index]))
        case .boolean: .boolean(bits[index] != 0)
        case .text: .text(texts[Int(bits[index])])
        }
    }

    /// The point of the latest time, of equal times the last; `nil` if there is none.
    func newest(type: FieldType) -> StoredPoint? {
        guard var best = times.indices.last else { return nil }
        if !isAscending { for index in times.indices.reversed() where times[index] > times[best] { best = index } }
        return StoredPoint(
            time: times[best], value: value(at: best, type: type), quality: qualities.isEmpty ? 0 : qualities[best])
    }

    private mutating func appendQuality(_ quality: QualityFlags) {
        if qualities.isEmpty { qualities = [QualityFlags](repeating: 0, count: times.count) }
        qualities.append(quality)
    }
}

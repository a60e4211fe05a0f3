/// Lines of the line protocol for one database, with where each ends.
struct LineBatch {
    let database: String
    private(set) var bytes: [UInt8] = []
    /// The end of each line, behind its newline.
    private(set) var ends: [Int] = []
    /// Points of the lines before and including each.
    private(set) var pointSums: [Int] = []

    init(database: String) { self.database = database }

    var lineCount: Int { ends.count }

    var points: Int { pointSums.last ?? 0 }

    mutating func endLine(points count: Int) {
        bytes.append(UInt8(ascii: "\n"))
        ends.append(bytes.count)
        pointSums.append(points + count)
    }

    mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Adds a value or other text.
    mutating func write(_ body: (inout [UInt8]) -> Void) { body(&bytes) }

    func bytes(of lines: Range<Int>) -> [UInt8] {
        let start = lines.lowerBound == 0 ? 0 : ends[lines.lowerBound - 1]
        return Array(bytes[start..<(lines.isEmpty ? start : ends[lines.upperBound - 1])])
    }

    func points(of lines: Range<Int>) -> Int {
        guard !lines.isEmpty else { return 0 }
        return pointSums[lines.upperBound - 1] - (lines.lowerBound == 0 ? 0 : pointSums[lines.lowerBound - 1])
    }
}

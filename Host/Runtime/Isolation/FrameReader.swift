/// Reads the body of a frame from front to back and never beyond its end, whatever it claims.
struct FrameReader {
    private let body: UnsafeRawBufferPointer
    private var offset = 0

    init(_ body: UnsafeRawBufferPointer) { self.body = body }

    var remaining: Int { body.count - offset }

    mutating func number<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) throws(MalformedFrame) -> Value {
        try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self)
    }

    mutating func real() throws(MalformedFrame) -> Double { Double(bitPattern: try number(UInt64.self)) }

    mutating func clock() throws(MalformedFrame) -> any ServiceClock {
        let speed = try real(), begin = try number(Int64.self), origin = try number(Int64.self)
        return speed > 0 ? AcceleratedServiceClock(begin: begin, origin: origin, speed: speed) : SystemServiceClock()
    }

    mutating func take(_ count: Int) throws(MalformedFrame) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw MalformedFrame("a frame ends too soon (expected \(count) more bytes; got \(remaining))")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: body[offset..<offset + count])
    }

    mutating func counted() throws(MalformedFrame) -> UnsafeRawBufferPointer { try take(Int(try number(UInt32.self))) }

    /// Text; what is not UTF-8 is repaired.
    mutating func text() throws(MalformedFrame) -> String { String(decoding: try counted(), as: UTF8.self) }

    mutating func pairs() throws(MalformedFrame) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for _ in 0..<(try listCount(ofAtLeast: 8)) { pairs.append((try text(), try text())) }
        return pairs
    }

    /// The number of elements of a list, each of which takes at least `size` bytes: more than the frame can hold is refused at once.
    mutating func listCount(ofAtLeast size: Int) throws(MalformedFrame) -> Int {
        let count = Int(try number(UInt32.self))
        guard count <= remaining / size else {
            throw MalformedFrame("a list is longer than its frame (expected at most \(remaining / size) elements; got \(count))")
        }
        return count
    }

    mutating func align() throws(MalformedFrame) { _ = try take(min(-offset & 7, remaining)) }

    /// An array of `count` elements; it begins at a multiple of 8 bytes.
    mutating func array<Element: BitwiseCopyable>(
        of type: Element.Type, count: Int
    ) throws(MalformedFrame) -> UnsafeBufferPointer<Element> {
        try align()
        let (size, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflows else { throw MalformedFrame("an array is longer than its frame (got \(count) elements)") }
        return try take(size).assumingMemoryBound(to: Element.self)
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Walks the levels of a topic name or filter without copying: "a//b" has the levels "a", "" and "b".
struct TopicLevels {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var ended = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether `next` has returned the last level.
    var isAtEnd: Bool { ended }

    mutating func next() -> UnsafeRawBufferPointer? {
        if ended { return nil }
        var end = position
        while end < bytes.count, bytes[end] != TopicRules.slash { end += 1 }
        defer {
            position = end + 1
            ended = end >= bytes.count
        }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes.
    @inline(__always)
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let left = baseAddress, let right = other.baseAddress, count > 0 else { return true }
        return memcmp(left, right, count) == 0
    }

    /// Whether the level is the one wildcard byte.
    @inline(__always)
    func isLevel(_ wildcard: UInt8) -> Bool { count == 1 && self[0] == wildcard }
}

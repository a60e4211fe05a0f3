internal import Glibc

/// Memory that is lent to a function, with a strip behind it that shows whether the function wrote beyond the end.
final class GuardedBuffer {
    private(set) var bytes: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes that the function may use.
    private(set) var count = 0

    private static let strip = 64
    private static let pattern: UInt8 = 0xA5

    init(capacity: Int = 64) {
        self.capacity = capacity
        bytes = .allocate(byteCount: capacity + Self.strip, alignment: 16)
    }

    deinit { bytes.deallocate() }

    /// Makes room for `count` bytes, all of them `filling`; keeps its memory if that is enough.
    func prepare(_ count: Int, filling: UInt8 = 0) {
        if count > capacity {
            bytes.deallocate()
            capacity = max(count, 2 * capacity)
            bytes = .allocate(byteCount: capacity + Self.strip, alignment: 16)
        }
        self.count = count
        memset(bytes, Int32(filling), count)
        memset(bytes + count, Int32(Self.pattern), Self.strip)
    }

    /// Whether nothing was written behind the end.
    var isIntact: Bool {
        let strip = UnsafeRawBufferPointer(start: bytes + count, count: Self.strip)
        return strip.allSatisfy { $0 == Self.pattern }
    }
}

internal import Glibc

/// Writes one frame after another into memory that it keeps. One thread at a time uses it.
final class FrameWriter {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 4_096) {
        self.capacity = capacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// The frame as it is sent, header included.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    func begin(_ kind: FrameKind) {
        // What one large frame needed is not kept.
        if capacity > 4 << 20 {
            memory.deallocate()
            capacity = 4_096
            memory = .allocate(byteCount: capacity, alignment: 16)
        }
        count = 0
        append(UInt32(0))
        append(kind.rawValue)
    }

    /// Pads the frame and writes its length into its header.
    func finish() {
        align()
        memory.storeBytes(of: UInt32(truncatingIfNeeded: count - 8), as: UInt32.self)
    }

    /// Adds zeros up to a multiple of 8, where arrays begin.
    func align() {
        let padding = -count & 7
        reserve(padding)
        memset(memory + count, 0, padding)
        count += padding
    }

    func append<Value: BitwiseCopyable>(_ value: Value) {
        reserve(MemoryLayout<Value>.size)
        (memory + count).storeBytes(of: value, as: Value.self)
        count += MemoryLayout<Value>.size
    }

    func append(raw bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        (memory + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// The time that services go by: its speed, and, unless it is the machine's, where it began.
    func append(clock: any ServiceClock) {
        append((clock as? AcceleratedServiceClock)?.speed.bitPattern ?? 0)
        append((clock as? AcceleratedServiceClock)?.begin ?? 0)
        append((clock as? AcceleratedServiceClock)?.origin ?? 0)
    }

    /// Bytes behind their count.
    func append(counted bytes: UnsafeRawBufferPointer) {
        append(UInt32(truncatingIfNeeded: bytes.count))
        append(raw: bytes)
    }

    func append(_ text: String) {
        var text = text
        text.withUTF8 { append(counted: UnsafeRawBufferPointer($0)) }
    }

    func append(pairs: [(name: String, value: String)]) {
        append(UInt32(pairs.count))
        for pair in pairs {
            append(pair.name)
            append(pair.value)
        }
    }

    /// Replaces a number that was appended before at `offset`.
    func replace<Value: BitwiseCopyable>(at offset: Int, with value: Value) { (memory + offset).storeBytes(of: value, as: Value.self) }

    private func reserve(_ additional: Int) {
        guard count + additional > capacity else { return }
        let larger = max(capacity * 2, count + additional + 64)
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        fresh.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = fresh
        capacity = larger
    }
}

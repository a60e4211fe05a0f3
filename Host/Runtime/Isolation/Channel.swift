internal import Glibc

/// One end of a stream of frames. One thread at a time sends, one at a time receives.
final class Channel {
    let descriptor: Int32
    private let limit: Int
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0
    private static let usualCapacity = 1 << 20

    /// - Parameter limit: bytes of the largest body that is taken from the other side.
    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
        capacity = 64 << 10
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// What ends the use of a channel.
    enum Failure: Error {
        case closed
        case malformed(MalformedFrame)
    }

    /// Sends a finished frame, with as few writes as the socket allows.
    func send(_ frame: FrameWriter) throws(ChannelClosed) {
        var rest = frame.bytes
        while rest.count > 0 {
            let sent = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw ChannelClosed(isOverdue: sent < 0 && errno == EAGAIN) }
            rest = UnsafeRawBufferPointer(rebasing: rest[sent...])
        }
    }

    /// Whether a whole frame has already arrived here.
    var hasFrame: Bool {
        guard end - start >= 8 else { return false }
        return end - start - 8 >= Int((memory + start).load(as: UInt32.self))
    }

    /// The next frame; its body is valid until the next call. Waits for it.
    func receive() throws(Failure) -> (kind: FrameKind, body: UnsafeRawBufferPointer) {
        if start == end {
            start = 0
            end = 0
            if capacity > Self.usualCapacity { resize(to: 64 << 10) }
        }
        try fill(8)
        let count = Int((memory + start).load(as: UInt32.self))
        let rawKind = (memory + start + 4).load(as: UInt32.self)
        guard count <= limit, count % 8 == 0 else {
            throw .malformed(MalformedFrame("a frame has a wrong length (expected a multiple of 8, at most \(limit); got \(count))"))
        }
        guard let kind = FrameKind(rawValue: rawKind) else { throw .malformed(MalformedFrame("a frame is of the unknown kind \(rawKind)")) }
        try fill(8 + count)
        defer { start += 8 + count }
        return (kind, UnsafeRawBufferPointer(start: memory + start + 8, count: count))
    }

    /// Reads until `wanted` bytes from `start` are here.
    private func fill(_ wanted: Int) throws(Failure) {
        while end - start < wanted {
            if start + wanted > capacity { makeRoom(wanted) }
            let count = recv(descriptor, memory + end, capacity - end, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN, end > start { throw .malformed(MalformedFrame("a frame was begun and not ended in time")) }
            guard count > 0 else { throw .closed }
            end += count
        }
    }

    private func makeRoom(_ wanted: Int) {
        if wanted <= capacity {
            memory.copyMemory(from: memory + start, byteCount: end - start)
            end -= start
            start = 0
        } else {
            resize(to: wanted)
        }
    }

    private func resize(to wanted: Int) {
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        fresh.copyMemory(from: memory + start, byteCount: end - start)
        memory.deallocate()
        memory = fresh
        capacity = wanted
        end -= start
        start = 0
    }
}

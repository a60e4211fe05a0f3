import NIOCore

extension ByteBuffer {
    /// Appends a PUBLISH as this receiver gets it: its own QoS, packet identifier and flags, the message's bytes.
    ///
    /// Copying a few hundred bytes once is cheaper than keeping track of slices (measured), so nothing is shared.
    @inline(__always)
    mutating func writePublish(
        _ packet: PublishPacket, qos: UInt8, retain: Bool, duplicate: Bool = false, packetIdentifier: UInt16
    ) {
        let topic = packet.prefixedTopic
        let payload = packet.payload
        let remaining = topic.count + payload.count + (qos > 0 ? 2 : 0)
        let first: UInt8 = 0x30 | (duplicate ? 8 : 0) | qos << 1 | (retain ? 1 : 0)
        writeWithUnsafeMutableBytes(minimumWritableBytes: remaining + 5) { out in
            var index = Self.storeFixedHeader(out, first: first, remainingLength: remaining)
            Self.copy(topic, to: out, at: &index)
            if qos > 0 {
                out[index] = UInt8(packetIdentifier >> 8)
                out[index + 1] = UInt8(truncatingIfNeeded: packetIdentifier)
                index += 2
            }
            Self.copy(payload, to: out, at: &index)
            return index
        }
    }

    @inline(__always)
    private static func copy(
        _ bytes: UnsafeRawBufferPointer, to out: UnsafeMutableRawBufferPointer, at index: inout Int
    ) {
        guard let source = bytes.baseAddress, let target = out.baseAddress else { return }
        (target + index).copyMemory(from: source, byteCount: bytes.count)
        index += bytes.count
    }

    /// Stores the fixed header and returns its length, two to five bytes.
    @inline(__always)
    static func storeFixedHeader(
        _ out: UnsafeMutableRawBufferPointer, first: UInt8, remainingLength: Int
    ) -> Int {
        out[0] = first
        var index = 1
        var length = remainingLength
        while length > 127 {
            out[index] = UInt8(truncatingIfNeeded: length) | 0x80
            length >>= 7
            index += 1
        }
        out[index] = UInt8(truncatingIfNeeded: length)
        return index + 1
    }
}

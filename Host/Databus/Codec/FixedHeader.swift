/// The first two to five bytes of every packet (MQTT 3.1.1, section 2.2).
struct FixedHeader: Equatable {
    /// The packet's type.
    let type: PacketType
    /// The low four bits of the first byte.
    let flags: UInt8
    /// Bytes of the fixed header itself.
    let length: Int
    /// Bytes after the fixed header.
    let remainingLength: Int

    /// Bytes of the whole packet.
    var packetLength: Int { length + remainingLength }

    /// Reads the header at the start of `bytes`.
    ///
    /// The first byte is judged as soon as it is there, and the length before any of the body is, so that neither a
    /// wrong protocol nor an oversized packet is ever buffered.
    /// - Returns: nil when `bytes` ends inside the header.
    @inline(__always)
    static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumPacketBytes: Int
    ) throws(ProtocolViolation) -> FixedHeader? {
        guard let first = bytes.first else { return nil }
        guard let type = PacketType(rawValue: first >> 4), type.fixedFlags ?? (first & 0xf) == first & 0xf else {
            throw .fixedHeader(first)
        }
        var length = 0
        var shift = 0
        var index = 1
        while true {
            guard index < bytes.count else { return nil }
            let byte = bytes[index]
            length |= Int(byte & 0x7f) << shift
            index += 1
            if byte & 0x80 == 0 { break }
            guard index < 5 else { throw .remainingLength }
            shift += 7
        }
        guard index + length <= maximumPacketBytes else {
            throw .packetTooLarge(bytes: index + length, limit: maximumPacketBytes)
        }
        return FixedHeader(type: type, flags: first & 0xf, length: index, remainingLength: length)
    }

    /// Bytes that a remaining length takes on the wire, one to four.
    @inline(__always)
    static func encodedLength(of remainingLength: Int) -> Int {
        remainingLength < 128 ? 1 : remainingLength < 16_384 ? 2 : remainingLength < 2_097_152 ? 3 : 4
    }

    /// The largest remaining length that the standard can express, in bytes (section 2.2.3).
    static let maximumRemainingLength = 268_435_455
}

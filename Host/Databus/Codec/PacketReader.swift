/// Reads the fields of one packet's body in place. The pointers it hands out live as long as the body.
struct PacketReader {
    private let body: UnsafeRawBufferPointer
    private var position = 0

    init(_ body: UnsafeRawBufferPointer) { self.body = body }

    /// Bytes not read yet.
    var remaining: Int { body.count - position }

    mutating func byte(_ field: String) throws(ProtocolViolation) -> UInt8 {
        guard remaining >= 1 else { throw .truncated(field) }
        defer { position += 1 }
        return body[position]
    }

    mutating func uint16(_ field: String) throws(ProtocolViolation) -> UInt16 {
        guard remaining >= 2 else { throw .truncated(field) }
        defer { position += 2 }
        return UInt16(body[position]) << 8 | UInt16(body[position + 1])
    }

    /// A packet identifier, which is never 0 (MQTT 3.1.1, section 2.3.1).
    mutating func packetIdentifier() throws(ProtocolViolation) -> UInt16 {
        let identifier = try uint16("the packet identifier")
        guard identifier != 0 else { throw .packetIdentifier }
        return identifier
    }

    /// Binary data behind a two-byte length.
    mutating func bytes(_ field: String) throws(ProtocolViolation) -> UnsafeRawBufferPointer {
        let count = Int(try uint16(field))
        guard remaining >= count else { throw .truncated(field) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: body[position..<position + count])
    }

    /// A UTF-8 string behind a two-byte length, validated (MQTT 3.1.1, section 1.5.3).
    mutating func text(_ field: String) throws(ProtocolViolation) -> UnsafeRawBufferPointer {
        let text = try bytes(field)
        guard isWellFormedText(text) else { throw .invalidString(field) }
        return text
    }

    mutating func string(_ field: String) throws(ProtocolViolation) -> String {
        String(decoding: try text(field), as: UTF8.self)
    }

    /// Everything not read yet.
    mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = body.count }
        return UnsafeRawBufferPointer(rebasing: body[position...])
    }

    /// Refuses what follows the last field.
    func end() throws(ProtocolViolation) {
        guard remaining == 0 else { throw .trailingBytes(remaining) }
    }
}

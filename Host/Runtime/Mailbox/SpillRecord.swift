internal import CPluginAPI

/// One message as it lies in a spill file: this header, the topic, the payload. Numbers are in the machine's own order: the files never
/// leave it.
struct SpillRecord: BitwiseCopyable {
    /// CRC-32C of everything behind it.
    var checksum: UInt32 = 0
    /// Bytes of the record, all in all.
    var length: UInt32
    var received: Int64
    var sequence: UInt64
    /// The acknowledgement that is still owed for it, which only the run that wrote it can give, or `MailboxSegment.noToken`.
    var token: UInt64
    var topicCount: UInt32
    var payloadCount: UInt32
    var subscription: UInt32
    var qos: UInt8
    var retained: UInt8
    var duplicate: UInt8
    var reserved: UInt8 = 0

    static let headerSize = MemoryLayout<SpillRecord>.size

    /// Bytes that a message takes.
    static func size(topic: Int, payload: Int) -> Int { headerSize + topic + payload }

    /// Appends the record with its checksum to `buffer`.
    func append(to buffer: inout [UInt8], topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        let start = buffer.count
        withUnsafeBytes(of: self) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: topic)
        buffer.append(contentsOf: payload)
        buffer.withUnsafeMutableBytes { bytes in
            let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[(start + 4)...]))
            bytes.storeBytes(of: checksum, toByteOffset: start, as: UInt32.self)
        }
    }

    /// The record at the beginning of `bytes`; `nil` if it is not whole there.
    static func whole(in bytes: UnsafeRawBufferPointer) -> SpillRecord? {
        guard let record = header(in: bytes), Int(record.length) <= bytes.count else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[4..<Int(record.length)])
        return CRC32C.checksum(content) == record.checksum ? record : nil
    }

    /// What the header at the beginning of `bytes` says, unchecked but for its sizes, which must fit each other.
    static func header(in bytes: UnsafeRawBufferPointer) -> SpillRecord? {
        guard bytes.count >= headerSize else { return nil }
        let record = bytes.loadUnaligned(as: SpillRecord.self)
        guard Int(record.length) == size(topic: Int(record.topicCount), payload: Int(record.payloadCount)) else { return nil }
        return record
    }

    /// Goes along whole records: how many bytes and records there are, and how long the next claims to be, 0 if it claims nothing sensible.
    static func walk(_ bytes: UnsafeRawBufferPointer, atMost most: Int = .max) -> (bytes: Int, records: Int, next: Int) {
        var offset = 0, records = 0
        while records < most {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard let record = whole(in: rest) else { return (offset, records, header(in: rest).map { Int($0.length) } ?? 0) }
            offset += Int(record.length)
            records += 1
        }
        return (offset, records, 0)
    }
}

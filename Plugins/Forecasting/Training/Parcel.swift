import PluginAPI

/// A model's record and its archive as one value of the service's memory, with a sum by which damage is found: the length of the record, the
/// record, the archive, and the sum of all that is before it.
enum Parcel {
    /// Set in the length where a sum follows; versions before 1.1 wrote none.
    private static let isSummed: UInt32 = 0x8000_0000
    private static let sumBytes = 8

    static func made(record: [UInt8], archive: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + record.count + archive.count + sumBytes)
        withUnsafeBytes(of: (UInt32(record.count) | isSummed).littleEndian) { bytes.append(contentsOf: $0) }
        bytes += record
        bytes += archive
        let sum = sum(of: bytes)
        withUnsafeBytes(of: sum.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// - Throws: ``Status/invalidArgument`` where bytes are missing or are others than those that were put.
    static func opened(_ bytes: [UInt8]) throws(ServiceError) -> (record: [UInt8], archive: [UInt8]) {
        guard bytes.count > 4 else { throw .invalidArgument("it has \(bytes.count) bytes, too few for a model") }
        let told = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
        var content = bytes[4...]
        if told & isSummed != 0 {
            guard bytes.count >= 4 + sumBytes else { throw .invalidArgument("it has \(bytes.count) bytes, too few for a model") }
            let end = bytes.count - sumBytes
            let wanted = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: end, as: UInt64.self)) }
            guard sum(of: bytes[..<end]) == wanted else { throw .invalidArgument("its \(bytes.count) bytes are damaged: their sum is another") }
            content = bytes[4..<end]
        }
        let count = Int(told & ~isSummed)
        guard count <= content.count else { throw .invalidArgument("its record of \(count) bytes does not fit into \(content.count)") }
        return (Array(content.prefix(count)), Array(content.dropFirst(count)))
    }

    /// FNV-1a over words of eight bytes (G. Fowler, L. C. Noll, K.-P. Vo): each step is reversible, so that no single changed word is missed.
    private static func sum(of bytes: some Collection<UInt8>) -> UInt64 {
        func mixed(_ buffer: UnsafeRawBufferPointer) -> UInt64 {
            var sum: UInt64 = 0xCBF2_9CE4_8422_2325
            var place = 0
            while place + 8 <= buffer.count {
                sum = (sum ^ UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))) &* 0x100_0000_01B3
                place += 8
            }
            while place < buffer.count {
                sum = (sum ^ UInt64(buffer[place])) &* 0x100_0000_01B3
                place += 1
            }
            return sum
        }
        return bytes.withContiguousStorageIfAvailable { mixed(UnsafeRawBufferPointer($0)) } ?? Array(bytes).withUnsafeBytes(mixed)
    }
}

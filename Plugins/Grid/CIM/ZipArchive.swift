internal import CInflate

/// The entries of a zip archive, stored or deflated, unpacked piece by piece.
///
/// Source: PKWARE APPNOTE 6.3.9, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end of it). No zip64, no encryption.
struct ZipArchive {
    struct Entry {
        var name: String
        var method: Int
        var flags: Int
        var packedBytes: Int
        var unpackedBytes: Int
        var headerOffset: Int
    }

    enum Failure: Error {
        case damaged(String)
    }

    private let bytes: [UInt8]
    let entries: [Entry]

    static func isZip(_ start: some Collection<UInt8>) -> Bool { start.starts(with: [0x50, 0x4b, 0x03, 0x04]) }

    init(_ bytes: [UInt8], maximumEntries: Int) throws(Failure) {
        self.bytes = bytes
        guard bytes.count >= 22 else { throw .damaged("it is too short for a zip archive") }
        var end = bytes.count - 22
        let earliest = max(0, end - 65535)
        while end >= earliest, Self.long(bytes, end) != 0x0605_4b50 { end -= 1 }
        guard end >= earliest else { throw .damaged("its directory is missing, the archive is cut off") }
        let count = Self.short(bytes, end + 10)
        guard count <= maximumEntries else { throw .damaged("it has \(count) entries, at most \(maximumEntries) are read") }
        var offset = Self.long(bytes, end + 16)
        var found: [Entry] = []
        for _ in 0..<count {
            guard offset + 46 <= bytes.count, Self.long(bytes, offset) == 0x0201_4b50 else {
                throw .damaged("its directory is damaged")
            }
            let nameLength = Self.short(bytes, offset + 28)
            guard offset + 46 + nameLength <= bytes.count else { throw .damaged("its directory is damaged") }
            found.append(
                Entry(
                    name: String(decoding: bytes[(offset + 46)..<(offset + 46 + nameLength)], as: UTF8.self),
                    method: Self.short(bytes, offset + 10), flags: Self.short(bytes, offset + 8),
                    packedBytes: Self.long(bytes, offset + 20), unpackedBytes: Self.long(bytes, offset + 24),
                    headerOffset: Self.long(bytes, offset + 42)))
            offset += 46 + nameLength + Self.short(bytes, offset + 30) + Self.short(bytes, offset + 32)
        }
        // Entries that share their packed bytes are how a small archive unpacks to anything (D. Fifield, "A better zip bomb", WOOT 2019).
        let packed = found.reduce(0) { $0 + $1.packedBytes }
        guard packed <= bytes.count else {
            throw .damaged("its entries have \(packed) packed bytes, the archive has \(bytes.count): they overlap, it is not read")
        }
        entries = found
    }

    /// Hands the unpacked bytes of an entry over in pieces until it ends or `body` returns false.
    ///
    /// - Parameter maximumRatio: how many times its packed size it may unpack to.
    /// - Throws: what is wrong with the entry; pieces that were handed over before stay handed over.
    func unpack(_ entry: Entry, maximumRatio: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) throws(Failure) {
        guard entry.flags & 1 == 0 else { throw .damaged("the entry is encrypted; give it without a password") }
        let header = entry.headerOffset
        guard header + 30 <= bytes.count, Self.long(bytes, header) == 0x0403_4b50 else { throw .damaged("the entry's header is damaged") }
        let start = header + 30 + Self.short(bytes, header + 26) + Self.short(bytes, header + 28)
        guard start <= bytes.count, entry.packedBytes <= bytes.count - start else { throw .damaged("the entry is cut off") }
        var count = 0
        var excess: String?
        func counted(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
            count += piece.count
            if count > entry.unpackedBytes {
                excess = "the entry unpacks to more than the \(entry.unpackedBytes) bytes that its directory says; reading stopped there"
            } else if count / maximumRatio > entry.packedBytes {
                excess = "the entry unpacks to more than \(maximumRatio) times its \(entry.packedBytes) bytes; unpack it if it is meant to"
            }
            return excess == nil && body(piece)
        }
        let failure: String? = bytes.withUnsafeBufferPointer { all in
            let packed = UnsafeBufferPointer(rebasing: all[start..<(start + entry.packedBytes)])
            switch entry.method {
            case 0:
                _ = counted(packed)
                return nil
            case 8: return Self.inflate(packed, counted)
            default: return "the entry is packed by method \(entry.method); only stored and deflated entries are read"
            }
        }
        if let failure = excess ?? failure { throw .damaged(failure) }
    }

    /// - Returns: what is wrong, nil when the stream ended well or `body` had enough.
    private static func inflate(_ packed: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> String? {
        var stream = z_stream()
        guard cinflate_init_raw(&stream) == Z_OK else { return "there is no memory to unpack it" }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: packed.baseAddress)
        stream.avail_in = UInt32(clamping: packed.count)
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var status: Int32 = Z_OK
            let goesOn = piece.withUnsafeMutableBufferPointer { buffer in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                status = CInflate.inflate(&stream, Z_NO_FLUSH)
                let filled = buffer.count - Int(stream.avail_out)
                return body(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[0..<filled]))
            }
            if status == Z_STREAM_END || !goesOn { return nil }
            guard status == Z_OK else { return "the entry's packed bytes are damaged" }
        }
    }

    private static func short(_ bytes: [UInt8], _ offset: Int) -> Int {
        guard offset >= 0, offset + 2 <= bytes.count else { return 0 }
        return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    private static func long(_ bytes: [UInt8], _ offset: Int) -> Int {
        short(bytes, offset) | short(bytes, offset + 2) << 16
    }
}

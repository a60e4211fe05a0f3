import Glibc

/// A compiled time zone of the system's database (TZif, RFC 8536).
struct ZoneFile: Sendable {
    /// When the offset changes, in seconds since 1970, ascending.
    let transitions: [Int64]
    /// The offset from each transition on, in seconds east of Greenwich.
    let offsets: [Int32]
    /// The offset before the first transition.
    let firstOffset: Int32
    /// The rule for times after the last transition.
    let footer: ZoneRule?

    /// Where the system keeps its zones; `TZDIR` of the environment goes first, as for the C library.
    static var folder: String { getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo" }

    /// The zone of a name such as `Europe/Berlin`; nil if there is none.
    init?(named name: String) {
        // No name of the database leads out of its folder.
        guard !name.isEmpty, !name.hasPrefix("/"), !name.contains(".."), let bytes = ZoneFile.read(ZoneFile.folder + "/" + name) else {
            return nil
        }
        self.init(bytes)
    }

    /// Reads the second data block, which has 64-bit times.
    init?(_ bytes: [UInt8]) {
        var reader = ZoneReader(bytes: bytes)
        guard let first = reader.header(), first.version >= 2 else { return nil }
        reader.place += first.size(timeBytes: 4)
        guard let header = reader.header(), reader.place + header.size(timeBytes: 8) <= bytes.count else { return nil }
        var transitions: [Int64] = []
        for _ in 0..<header.times { transitions.append(Int64(bitPattern: reader.integer(8))) }
        var kinds: [Int] = []
        for _ in 0..<header.times { kinds.append(Int(reader.integer(1))) }
        var offsetOfKind: [Int32] = []
        for _ in 0..<header.types {
            offsetOfKind.append(Int32(truncatingIfNeeded: Int64(bitPattern: reader.integer(4))))
            reader.place += 2
        }
        guard let firstOffset = offsetOfKind.first, kinds.allSatisfy(offsetOfKind.indices.contains) else { return nil }
        reader.place += header.characters + header.leaps * 12 + header.standard + header.universal
        self.transitions = transitions
        offsets = kinds.map { offsetOfKind[$0] }
        self.firstOffset = firstOffset
        let rest = bytes[min(reader.place, bytes.count)...].filter { $0 != 10 }
        footer = ZoneRule(String(decoding: rest, as: UTF8.self))
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 17)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 44 ? Array(bytes[..<count]) : nil
    }
}

/// Walks over the bytes of a zone.
private struct ZoneReader {
    let bytes: [UInt8]
    var place = 0

    struct Header {
        let version: Int
        let universal: Int, standard: Int, leaps: Int, times: Int, types: Int, characters: Int

        func size(timeBytes: Int) -> Int { times * (timeBytes + 1) + types * 6 + characters + leaps * (timeBytes + 4) + standard + universal }
    }

    mutating func integer(_ size: Int) -> UInt64 {
        guard place + size <= bytes.count else {
            place = bytes.count
            return 0
        }
        defer { place += size }
        return bytes[place..<place + size].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func header() -> Header? {
        guard place + 44 <= bytes.count, bytes[place..<place + 4].elementsEqual("TZif".utf8) else { return nil }
        let version = Int(bytes[place + 4]) - 48
        place += 20
        let counts = (0..<6).map { _ in Int(integer(4)) }
        return Header(
            version: version, universal: counts[0], standard: counts[1], leaps: counts[2], times: counts[3], types: counts[4],
            characters: counts[5])
    }
}

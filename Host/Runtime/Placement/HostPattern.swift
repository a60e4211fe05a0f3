/// A pattern of host names in which `*` stands for any characters: `control-*`.
public struct HostPattern: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) { description = text }

    /// What host names are made of.
    public static let nameForm = "letters, digits, '-', '_' and '.', at most 128"

    /// Whether hosts may be called so.
    public static func isHostName(_ name: String) -> Bool {
        let marks = Set("-_.".utf8)
        return !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || marks.contains($0) }
    }

    public func matches(_ name: String) -> Bool {
        let pattern = Array(description.utf8), name = Array(name.utf8), star = UInt8(ascii: "*")
        var (p, n) = (0, 0)
        var last: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == star {
                last = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let (lastP, lastN) = last {
                // The last star takes one character more.
                last = (lastP, lastN + 1)
                (p, n) = (lastP + 1, lastN + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }
}

/// How long a host lets others go first for a lease, so that two seldom reach for it at once and preferred hosts come first.
enum HostRank {
    private static let ranks: UInt64 = 4

    /// - Parameter preference: the place of the first pattern that the host matches.
    static func standback(host: String, lease: String, preference: Int, ttl: Int64) -> Lease.Standback {
        let rank = Int64(hash("\(lease)\u{0}\(host)") % ranks)
        let place = Int64(min(preference, 3))
        return Lease.Standback(lapsed: rank * ttl / 12 + place * ttl / 5, released: rank * ttl / 25 + place * ttl / 10)
    }

    /// FNV-1a: the same on all hosts, other for each lease, so that leases spread over hosts.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ (hash >> 29)
    }
}

/// Identifiers as numbers: each byte string is kept once, in one array of bytes.
struct IdentifierTable {
    private var bytes: [UInt8] = []
    /// Where each identifier begins in `bytes`; one more than there are identifiers.
    private var starts: [Int] = [0]
    /// Open addressing; -1 for free.
    private var slots: [Int32] = Array(repeating: -1, count: 1024)

    var count: Int { starts.count - 1 }

    /// The number of an identifier, a new one when it is not known yet.
    mutating func number(of identifier: UnsafeBufferPointer<UInt8>) -> Int32 {
        var slot = Self.hash(identifier) & (slots.count - 1)
        while slots[slot] >= 0 {
            if equals(slots[slot], identifier) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        let number = Int32(count)
        slots[slot] = number
        bytes.append(contentsOf: identifier)
        starts.append(bytes.count)
        if count * 2 > slots.count { grow() }
        return number
    }

    func string(_ number: Int32) -> String {
        String(decoding: bytes[starts[Int(number)]..<starts[Int(number) + 1]], as: UTF8.self)
    }

    private func equals(_ number: Int32, _ identifier: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = starts[Int(number)]
        guard starts[Int(number) + 1] - start == identifier.count else { return false }
        for offset in 0..<identifier.count where bytes[start + offset] != identifier[offset] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for number in 0..<count {
            let hash = bytes.withUnsafeBufferPointer {
                Self.hash(UnsafeBufferPointer(rebasing: $0[starts[number]..<starts[number + 1]]))
            }
            var slot = hash & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number)
        }
    }

    /// FNV-1a, its high bits folded into the low ones.
    private static func hash(_ identifier: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in identifier { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) & 0x7fff_ffff)
    }
}

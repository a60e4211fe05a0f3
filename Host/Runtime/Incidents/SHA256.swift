/// SHA-256 (FIPS 180-4), for naming the manifest that a service ran with; nothing secret depends on it.
enum SHA256 {
    private static let constants: [UInt32] = {
        // The first 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2), by integer arithmetic.
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { root(of: $0, degree: 3) }
    }()
    private static let initial: [UInt32] = [2, 3, 5, 7, 11, 13, 17, 19].map { root(of: $0, degree: 2) }

    /// The first 32 bits of the fractional part of a root of a small number: the largest x with x^degree <= n · 2^(32·degree).
    private static func root(of number: UInt64, degree: Int) -> UInt32 {
        var low: UInt64 = 0, high: UInt64 = 1 << 37
        while high - low > 1 {
            let middle = (low + high) / 2
            let target = UInt128(number) << (32 * UInt128(degree))
            var power: UInt128 = 1
            for _ in 0..<degree { power *= UInt128(middle) }
            if power <= target { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }

    /// `sha256:` and 64 hexadecimal digits.
    static func digest(of message: [UInt8]) -> String {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) { padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift)) }
        var hash = initial
        for block in stride(from: 0, to: padded.count, by: 64) { compress(padded[block..<block + 64], into: &hash) }
        let digits = hash.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }
        return "sha256:" + digits.joined()
    }

    private static func compress(_ block: ArraySlice<UInt8>, into hash: inout [UInt32]) {
        var words = [UInt32](repeating: 0, count: 64)
        for index in 0..<16 {
            for byte in 0..<4 { words[index] = words[index] << 8 | UInt32(block[block.startIndex + 4 * index + byte]) }
        }
        for index in 16..<64 {
            let early = words[index - 15], late = words[index - 2]
            let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
            let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
            words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
        }
        var state = hash
        for index in 0..<64 {
            let (a, b, c, e) = (state[0], state[1], state[2], state[4])
            let choice = (e & state[5]) ^ (~e & state[6])
            let sum = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
            let first = state[7] &+ sum &+ choice &+ constants[index] &+ words[index]
            let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ ((a & b) ^ (a & c) ^ (b & c))
            state = [first &+ second, a, b, c, state[3] &+ first, e, state[5], state[6]]
        }
        for index in 0..<8 { hash[index] &+= state[index] }
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }
}

import Crypto
import CryptoExtras
import FoundationEssentials

/// A salted scrypt hash of a password (RFC 7914) in the PHC text form `$scrypt$ln=14,r=8,p=5$<salt>$<hash>`, base64 without padding.
///
/// The text names its parameters, so that a later version may raise them and still verify old hashes.
public struct PasswordHash: Hashable, Sendable, CustomStringConvertible {
    /// The cost of a guess.
    public struct Parameters: Hashable, Sendable {
        /// log2 of scrypt's N: memory is 128 × N × blockSize bytes.
        public let costLog2: Int
        /// scrypt's r.
        public let blockSize: Int
        /// scrypt's p.
        public let parallelism: Int

        /// Parameters within what this process is ready to spend on one verification: at most 256 MiB.
        public init(costLog2: Int, blockSize: Int, parallelism: Int) throws(AccessError) {
            guard (4...20).contains(costLog2), (1...32).contains(blockSize), (1...16).contains(parallelism),
                128 << costLog2 <= (256 << 20) / blockSize
            else {
                throw .invalid(
                    "the scrypt parameters ln=\(costLog2),r=\(blockSize),p=\(parallelism) are out of range: "
                        + "expected ln 4 to 20, r 1 to 32, p 1 to 16 and at most 256 MiB of memory")
            }
            self.init(unchecked: costLog2, blockSize, parallelism)
        }

        private init(unchecked costLog2: Int, _ blockSize: Int, _ parallelism: Int) {
            self.costLog2 = costLog2
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// N = 2¹⁴, r = 8, p = 5: 16 MiB, one of the equivalent settings of OWASP's password storage guide.
        public static let standard = Parameters(unchecked: 14, 8, 5)
        /// N = 2⁴, r = 8, p = 1: for tests only.
        public static let fastForTests = Parameters(unchecked: 4, 8, 1)
    }

    private let parameters: Parameters
    private let salt: [UInt8]
    private let digest: [UInt8]

    /// Hashes a password with a fresh random salt. Takes tens to hundreds of milliseconds: never call it on an event loop.
    public init(of password: String, parameters: Parameters = .standard) throws(AccessError) {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        self.parameters = parameters
        self.salt = salt
        digest = try Self.derive(password, salt: salt, parameters: parameters, count: 32)
    }

    /// A hash that no password has, to spend the same time on unknown users.
    static func decoy(parameters: Parameters) -> PasswordHash {
        PasswordHash(parameters: parameters, salt: [UInt8](repeating: 0, count: 16), digest: [UInt8](repeating: 0, count: 32))
    }

    private init(parameters: Parameters, salt: [UInt8], digest: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.digest = digest
    }

    /// Reads the text form.
    public init(parsing text: String) throws(AccessError) {
        let malformed = AccessError.invalid(
            "the password hash is malformed: expected $scrypt$ln=<n>,r=<n>,p=<n>$<salt>$<hash> in base64 without padding")
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { throw malformed }
        var numbers: [Substring: Int] = [:]
        for setting in parts[2].split(separator: ",") {
            let pair = setting.split(separator: "=")
            guard pair.count == 2, let number = Int(pair[1]), numbers.updateValue(number, forKey: pair[0]) == nil else { throw malformed }
        }
        guard numbers.count == 3, let costLog2 = numbers["ln"], let blockSize = numbers["r"], let parallelism = numbers["p"],
            let salt = Base64.decode(parts[3]), let digest = Base64.decode(parts[4]),
            (8...64).contains(salt.count), (16...64).contains(digest.count)
        else { throw malformed }
        parameters = try Parameters(costLog2: costLog2, blockSize: blockSize, parallelism: parallelism)
        self.salt = salt
        self.digest = digest
    }

    /// Whether this is the hash of `password`; compared in constant time. As slow as hashing.
    public func matches(_ password: String) -> Bool {
        guard let derived = try? Self.derive(password, salt: salt, parameters: parameters, count: digest.count) else { return false }
        return ConstantTime.equal(derived, digest)
    }

    public var description: String {
        "$scrypt$ln=\(parameters.costLog2),r=\(parameters.blockSize),p=\(parameters.parallelism)"
            + "$\(Base64.encode(salt))$\(Base64.encode(digest))"
    }

    private static func derive(_ password: String, salt: [UInt8], parameters: Parameters, count: Int) throws(AccessError) -> [UInt8] {
        do {
            let key = try KDF.Scrypt.deriveKey(
                from: Array(password.utf8), salt: salt, outputByteCount: count, rounds: 1 << parameters.costLog2,
                blockSize: parameters.blockSize, parallelism: parameters.parallelism)
            return key.withUnsafeBytes { Array($0) }
        } catch {
            throw .invalid("scrypt failed with ln=\(parameters.costLog2),r=\(parameters.blockSize),p=\(parameters.parallelism): \(error)")
        }
    }
}

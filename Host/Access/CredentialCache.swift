import Crypto

/// The name of a user with a password as a key that reveals neither: HMAC-SHA256 with a random key that lives as long as the process.
struct CredentialKey: Hashable, Sendable {
    fileprivate let bytes: [UInt8]
}

/// Credentials that were verified before, so that Basic authentication on every request and thousands of MQTT connections with the
/// same password cost one HMAC each. Bounded: two generations, the older one is forgotten when the younger one is full.
///
/// Not thread-safe: the owner guards it.
struct CredentialCache: Sendable {
    private var young: [CredentialKey: Identity] = [:]
    private var old: [CredentialKey: Identity] = [:]
    private let generationCapacity: Int

    /// A cache of at most `capacity` credentials.
    init(capacity: Int) { generationCapacity = max(1, capacity / 2) }

    var count: Int { young.count + old.count }

    mutating func identity(for key: CredentialKey) -> Identity? {
        if let identity = young[key] { return identity }
        guard let identity = old.removeValue(forKey: key) else { return nil }
        insert(identity, for: key)
        return identity
    }

    mutating func insert(_ identity: Identity, for key: CredentialKey) {
        if young.count >= generationCapacity {
            old = young
            young = [:]
        }
        young[key] = identity
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}

/// Makes keys of credentials; each process has its own secret.
struct CredentialKeyMaker: Sendable {
    private let secret = SymmetricKey(size: .bits256)

    /// The key of a user name with a password. The length of the name goes in first, so that no two pairs share a key.
    func key(user: String, password: String) -> CredentialKey {
        var message: [UInt8] = []
        message.reserveCapacity(8 + user.utf8.count + password.utf8.count)
        withUnsafeBytes(of: UInt64(user.utf8.count)) { message.append(contentsOf: $0) }
        message.append(contentsOf: user.utf8)
        message.append(contentsOf: password.utf8)
        return CredentialKey(bytes: Array(HMAC<SHA256>.authenticationCode(for: message, using: secret)))
    }

    /// Whether two keys are equal, in constant time.
    func equal(_ left: CredentialKey, _ right: CredentialKey) -> Bool { ConstantTime.equal(left.bytes, right.bytes) }
}

import Crypto
import Glibc
import Synchronization
public import Topics

/// Who may use the platform: verifies passwords and tokens, keeps users, and knows each one's topic rights.
///
/// Any thread may call it; nothing but `open` and changes of users blocks for longer than a lookup.
public final class AccessControl: Sendable {
    /// Bounds of what is kept in memory and how expensive new hashes are.
    public struct Limits: Sendable {
        /// Verified credentials that are remembered.
        public var cachedCredentials = 8_192
        /// Pairs of user and address whose failures are remembered.
        public var trackedAttempts = 8_192
        /// Sessions that may be open at once; the oldest ends when there are more.
        public var sessions = 4_096
        /// How long a session lasts, in seconds.
        public var sessionLifetimeSeconds = 12 * 3600
        /// Threads that verify passwords.
        public var verificationThreads = 2
        /// Verifications that may wait for a thread; more are told to come again.
        public var waitingVerifications = 256
        /// What new hashes cost.
        public var hashParameters = PasswordHash.Parameters.standard
        /// The time in milliseconds of a clock that never goes back.
        public var monotonicMilliseconds: @Sendable () -> Int64 = AccessControl.monotonicMilliseconds

        /// The defaults, for a site of some thousand devices.
        public init() {}
    }

    typealias Completion = @Sendable (AuthenticationOutcome) -> Void

    enum Secret {
        case key(CredentialKey)
        case hash(PasswordHash)
    }
    struct Account {
        let identity: Identity
        let secret: Secret
        let isOfSite: Bool
    }
    struct State {
        var accounts: [String: Account]
        var cache: CredentialCache
        var limiter: AttemptLimiter
        var tokens: SessionTokens
        var inFlight: [CredentialKey: [Completion]] = [:]
        /// Rises with every change of users, so that a verification that began before is not remembered.
        var generation = 0
    }

    let state: Mutex<State>
    let file: UserFile
    let limits: Limits
    let threads: VerificationThreads
    private let keys = CredentialKeyMaker()
    private let decoy: PasswordHash
    private let topicRights: TopicRightsTable

    /// Opens the users of a site: those that the site states and those that are kept in the data folder, where the site's win.
    ///
    /// When nobody is an admin, a user `admin` is made, kept in the data folder, and its password returned: print it once, nothing
    /// can recover it. The data folder must exist. Blocks for a hash and a file write in that case, else for a file read.
    public static func open(
        dataFolder: String, siteUsers: [SiteUser], topicRules: [TopicRule] = [], limits: Limits = Limits()
    ) throws(AccessError) -> (AccessControl, generatedAdminPassword: String?) {
        let file = UserFile(dataFolder: dataFolder)
        var kept = try file.read()
        var names: Set<String> = []
        for user in siteUsers where !names.insert(user.name).inserted {
            throw .invalid("the site states user '\(user.name)' twice")
        }
        var generated: String?
        if !siteUsers.contains(where: { $0.role == .admin }), !kept.contains(where: { $0.role == .admin && !names.contains($0.name) }) {
            guard !names.contains("admin"), !kept.contains(where: { $0.name == "admin" }) else {
                throw .conflict("nobody has the role admin, and the user named 'admin' has a lower role: give one user the role admin")
            }
            let password = randomPassword()
            let hash = try PasswordHash(of: password, parameters: limits.hashParameters)
            kept.append(UserFile.User(name: "admin", role: .admin, passwordHash: hash.description))
            try file.write(kept)
            generated = password
        }
        let control = try AccessControl(file: file, siteUsers: siteUsers, kept: kept, topicRules: topicRules, limits: limits)
        return (control, generated)
    }

    private init(
        file: UserFile, siteUsers: [SiteUser], kept: [UserFile.User], topicRules: [TopicRule], limits: Limits
    ) throws(AccessError) {
        var accounts: [String: Account] = [:]
        for user in kept {
            let hash = try PasswordHash(parsing: user.passwordHash)
            accounts[user.name] = Account(identity: Identity(name: user.name, role: user.role), secret: .hash(hash), isOfSite: false)
        }
        for user in siteUsers {
            // A password that the site states in the clear is compared by its key alone: hashing it would delay the start, and hide
            // nothing.
            let secret: Secret =
                switch user.secret {
                case .password(let password): .key(keys.key(user: user.name, password: password))
                case .hash(let hash): .hash(hash)
                }
            accounts[user.name] = Account(identity: Identity(name: user.name, role: user.role), secret: secret, isOfSite: true)
        }
        decoy = PasswordHash.decoy(parameters: limits.hashParameters)
        topicRights = try TopicRightsTable(rules: topicRules)
        threads = VerificationThreads(threads: max(1, limits.verificationThreads), capacity: max(1, limits.waitingVerifications))
        self.file = file
        self.limits = limits
        state = Mutex(
            State(
                accounts: accounts, cache: CredentialCache(capacity: limits.cachedCredentials),
                limiter: AttemptLimiter(capacity: limits.trackedAttempts),
                tokens: SessionTokens(capacity: limits.sessions, lifetimeSeconds: limits.sessionLifetimeSeconds)))
    }

    /// What a caller may publish and subscribe to. Ask once per connection.
    public func topicRights(of identity: Identity) -> TopicRights { topicRights.rights(of: identity) }

    /// Whether a caller may publish to a topic.
    public func mayPublish(_ identity: Identity, topic: String) -> Bool { topicRights(of: identity).mayPublish(topic) }

    /// Whether a caller may subscribe to a filter.
    public func maySubscribe(_ identity: Identity, filter: TopicFilter) -> Bool { topicRights(of: identity).maySubscribe(filter) }

    /// Verifies a user's password, or refuses without looking when there were too many failures of that user from `address`.
    public func authenticate(user: String, password: String, address: String) async -> AuthenticationOutcome {
        await withCheckedContinuation { continuation in
            authenticate(user: user, password: password, address: address) { continuation.resume(returning: $0) }
        }
    }

    /// The same for callers that cannot await. `completion` runs once: at once on the calling thread when the answer is known (the
    /// credentials were verified before, or are refused without looking), else on a thread of this object.
    public func authenticate(
        user: String, password: String, address: String, completion: @escaping @Sendable (AuthenticationOutcome) -> Void
    ) {
        guard user.utf8.count <= 64, password.utf8.count <= 1024 else { return completion(.refused) }
        let key = keys.key(user: user, password: password)
        switch state.withLock({ decide(&$0, key: key, user: user, address: address, completion: completion) }) {
        case .answer(let outcome):
            completion(outcome)
        case .joined:
            break
        case .verify(let hash, let account, let generation):
            let accepted = threads.submit {
                let identity = hash.matches(password) ? account?.identity : nil
                self.finish(key: key, user: user, address: address, identity: identity, generation: generation)
            }
            if !accepted { complete(key, .throttled(retryAfterSeconds: 1)) }
        }
    }

    private enum Decision {
        case answer(AuthenticationOutcome)
        case joined
        case verify(PasswordHash, Account?, generation: Int)
    }

    private func decide(
        _ state: inout State, key: CredentialKey, user: String, address: String, completion: @escaping Completion
    ) -> Decision {
        if let identity = state.cache.identity(for: key) { return .answer(.accepted(identity)) }
        if state.inFlight[key] != nil {
            // The same credentials are being verified already: one verification answers all who ask meanwhile.
            state.inFlight[key]?.append(completion)
            return .joined
        }
        if let seconds = state.limiter.admit(user: user, address: address, now: limits.monotonicMilliseconds()) {
            return .answer(.throttled(retryAfterSeconds: seconds))
        }
        let account = state.accounts[user]
        switch account?.secret {
        case .key(let expected):
            guard let account, keys.equal(expected, key) else { return .answer(.refused) }
            state.cache.insert(account.identity, for: key)
            state.limiter.succeeded(user: user, address: address)
            return .answer(.accepted(account.identity))
        case .hash(let hash):
            state.inFlight[key] = [completion]
            return .verify(hash, account, generation: state.generation)
        case nil:
            // An unknown user takes as long as a known one.
            state.inFlight[key] = [completion]
            return .verify(decoy, nil, generation: state.generation)
        }
    }

    private func finish(key: CredentialKey, user: String, address: String, identity: Identity?, generation: Int) {
        guard let identity else { return complete(key, .refused) }
        let isCurrent = state.withLock { state in
            guard state.generation == generation || state.accounts[user]?.identity == identity else { return false }
            if state.generation == generation { state.cache.insert(identity, for: key) }
            state.limiter.succeeded(user: user, address: address)
            return true
        }
        complete(key, isCurrent ? .accepted(identity) : .refused)
    }

    private func complete(_ key: CredentialKey, _ outcome: AuthenticationOutcome) {
        for completion in state.withLock({ $0.inFlight.removeValue(forKey: key) ?? [] }) { completion(outcome) }
    }

    /// Milliseconds since the machine started.
    @Sendable public static func monotonicMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Twenty characters that cannot be mistaken for one another: 115 bits.
    static func randomPassword() -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<20).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
    }
}

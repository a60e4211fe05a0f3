import Synchronization

/// A user, without the secret.
public struct UserSummary: Hashable, Sendable {
    /// The user's name and role.
    public let identity: Identity
    /// Whether the site states the user (and only its manifest can change it).
    public let isOfSite: Bool
}

extension AccessControl {
    /// All users by name.
    public func users() -> [UserSummary] {
        state.withLock { $0.accounts.values.map { UserSummary(identity: $0.identity, isOfSite: $0.isOfSite) } }
            .sorted { $0.identity.name < $1.identity.name }
    }

    /// Adds a user to the data folder.
    public func addUser(name: String, role: Role, password: String) async throws(AccessError) {
        try UserName.check(name)
        try UserName.check(password: password, of: name)
        let hash = try await hash(password)
        try change { accounts throws(AccessError) in
            guard accounts[name] == nil else { throw .conflict("there is a user '\(name)' already") }
            accounts[name] = Account(identity: Identity(name: name, role: role), secret: .hash(hash), isOfSite: false)
        }
    }

    /// Changes a password; the user's sessions end.
    public func setPassword(_ password: String, ofUser name: String) async throws(AccessError) {
        try UserName.check(password: password, of: name)
        let hash = try await hash(password)
        try change { accounts throws(AccessError) in
            let account = try Self.changeable(name, in: accounts)
            accounts[name] = Account(identity: account.identity, secret: .hash(hash), isOfSite: false)
        }
        state.withLock { $0.tokens.revokeAll(of: name) }
    }

    /// Removes a user; the user's sessions end.
    public func removeUser(_ name: String) throws(AccessError) {
        try change { accounts throws(AccessError) in
            _ = try Self.changeable(name, in: accounts)
            accounts[name] = nil
        }
        state.withLock { $0.tokens.revokeAll(of: name) }
    }

    private static func changeable(_ name: String, in accounts: [String: Account]) throws(AccessError) -> Account {
        guard let account = accounts[name] else { throw .notFound("there is no user '\(name)'") }
        guard !account.isOfSite else {
            throw .conflict("user '\(name)' is stated by the site: change the site's manifest")
        }
        return account
    }

    /// Applies a change, keeps it on disk, then in memory. Serialised by the state's lock: changes of users are rare.
    private func change(_ body: (inout [String: Account]) throws(AccessError) -> Void) throws(AccessError) {
        try state.withLock { (state) throws(AccessError) in
            var accounts = state.accounts
            try body(&accounts)
            guard accounts.values.contains(where: { $0.identity.role == .admin }) else {
                throw .conflict("that would leave nobody with the role admin: make another admin first")
            }
            let kept = accounts.values.filter { !$0.isOfSite }.sorted { $0.identity.name < $1.identity.name }
            try file.write(
                kept.compactMap { account in
                    guard case .hash(let hash) = account.secret else { return nil }
                    return UserFile.User(
                        name: account.identity.name, role: account.identity.role, passwordHash: hash.description)
                })
            state.accounts = accounts
            state.generation += 1
            state.cache.removeAll()
        }
    }

    private func hash(_ password: String) async throws(AccessError) -> PasswordHash {
        let parameters = limits.hashParameters
        let result: Result<PasswordHash, AccessError> = await withCheckedContinuation { continuation in
            let accepted = threads.submit {
                continuation.resume(
                    returning: Result { () throws(AccessError) in try PasswordHash(of: password, parameters: parameters) })
            }
            if !accepted {
                continuation.resume(returning: .failure(.conflict("too many passwords are being verified: try again in a second")))
            }
        }
        return try result.get()
    }
}

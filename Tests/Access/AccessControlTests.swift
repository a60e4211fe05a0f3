import Foundation
import Synchronization
import Testing

@testable import Access

@Suite struct AccessControlTests {
    let folder: TemporaryFolder
    let limits: AccessControl.Limits

    init() throws {
        folder = try TemporaryFolder()
        var limits = AccessControl.Limits()
        limits.hashParameters = .fastForTests
        self.limits = limits
    }

    private func open(_ users: [SiteUser] = [], limits: AccessControl.Limits? = nil) throws -> (AccessControl, String?) {
        let opened = try AccessControl.open(dataFolder: folder.path, siteUsers: users, limits: limits ?? self.limits)
        return (opened.0, opened.generatedAdminPassword)
    }

    @Test("the first start makes an admin password, the second does not, and the first one's works")
    func generatedPassword() async throws {
        let (_, generated) = try open()
        let password = try #require(generated)
        #expect(password.count == 20)
        let (control, again) = try open()
        #expect(again == nil)
        let outcome = await control.authenticate(user: "admin", password: password, address: "1")
        #expect(outcome == .accepted(Identity(name: "admin", role: .admin)))
        #expect(await control.authenticate(user: "admin", password: "guess", address: "1") == .refused)
        #expect(try folder.mode(of: "users.json") == 0o600)
        #expect(try !folder.text("users.json").contains(password))
    }

    @Test("no password is made when the site states an admin")
    func siteAdmin() async throws {
        let (control, generated) = try open([SiteUser(name: "admin", role: .admin, secret: .password("admin"))])
        #expect(generated == nil)
        #expect(try folder.names() == [])
        #expect(await control.authenticate(user: "admin", password: "admin", address: "1").identity?.role == .admin)
        #expect(await control.authenticate(user: "admin", password: "Admin", address: "1") == .refused)
    }

    @Test("a site user given by hash is verified")
    func siteHash() async throws {
        let hash = try PasswordHash(of: "long enough", parameters: .fastForTests)
        let (control, _) = try open([SiteUser(name: "eva", role: .admin, secret: .hash(hash))])
        #expect(await control.authenticate(user: "eva", password: "long enough", address: "1").identity?.name == "eva")
        #expect(await control.authenticate(user: "nobody", password: "long enough", address: "1") == .refused)
    }

    @Test("well-known passwords are recognised", arguments: [("admin", "admin", true), ("eva", "Eva", true), ("eva", "1234", true), ("eva", "k7#qP", false)])
    func wellKnown(user: String, password: String, expected: Bool) throws {
        #expect(try SiteUser(name: user, role: .admin, secret: .password(password)).usesWellKnownPassword == expected)
    }

    @Test("credentials that were verified once are accepted at once on the calling thread")
    func fastPath() async throws {
        let hash = try PasswordHash(of: "p", parameters: .fastForTests)
        let (control, _) = try open([SiteUser(name: "dev", role: .admin, secret: .hash(hash))])
        _ = await control.authenticate(user: "dev", password: "p", address: "1")
        let answered = Mutex(0)
        for number in 0..<1000 {
            control.authenticate(user: "dev", password: "p", address: "address \(number)") { outcome in
                if outcome.identity != nil { answered.withLock { $0 += 1 } }
            }
        }
        #expect(answered.withLock { $0 } == 1000)
    }

    @Test("a thousand connections with the same password at once are one verification, and none is throttled")
    func coalesced() async throws {
        var slow = limits
        slow.verificationThreads = 1
        slow.waitingVerifications = 1
        let hash = try PasswordHash(of: "p")
        let (control, _) = try open([SiteUser(name: "dev", role: .admin, secret: .hash(hash))], limits: slow)
        let outcomes = await withTaskGroup(of: AuthenticationOutcome.self) { group in
            for _ in 0..<1000 {
                group.addTask { await control.authenticate(user: "dev", password: "p", address: "1") }
            }
            return await group.reduce(into: [AuthenticationOutcome: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == [.accepted(Identity(name: "dev", role: .admin)): 1000])
    }

    @Test("guessing is throttled for that user and address, while a verified password still works from there")
    func throttled() async throws {
        let clock = Mutex<Int64>(0)
        var limits = limits
        limits.monotonicMilliseconds = { clock.withLock { $0 } }
        let (control, _) = try open([SiteUser(name: "eva", role: .admin, secret: .password("right one"))], limits: limits)
        #expect(await control.authenticate(user: "eva", password: "right one", address: "1").identity != nil)
        for number in 0..<5 { #expect(await control.authenticate(user: "eva", password: "\(number)", address: "1") == .refused) }
        #expect(await control.authenticate(user: "eva", password: "6", address: "1") == .throttled(retryAfterSeconds: 1))
        #expect(await control.authenticate(user: "eva", password: "right one", address: "1").identity != nil)
        #expect(await control.authenticate(user: "eva", password: "6", address: "2") == .refused)
        clock.withLock { $0 += 1000 }
        #expect(await control.authenticate(user: "eva", password: "7", address: "1") == .refused)
    }

    @Test("users added to the data folder survive a restart; a changed password ends sessions and forgets the old one")
    func keptUsers() async throws {
        let site = [try SiteUser(name: "admin", role: .admin, secret: .password("x y z"))]
        let (control, _) = try open(site)
        try await control.addUser(name: "eva", role: .engineer, password: "first")
        await #expect(throws: AccessError.self) { try await control.addUser(name: "eva", role: .viewer, password: "other") }
        let identity = try #require(await control.authenticate(user: "eva", password: "first", address: "1").identity)
        let token = control.issueToken(for: identity)
        #expect(control.identity(forToken: token.text) == identity)
        try await control.setPassword("second", ofUser: "eva")
        #expect(control.identity(forToken: token.text) == nil)
        let (reopened, _) = try open(site)
        for control in [control, reopened] {
            #expect(await control.authenticate(user: "eva", password: "first", address: "1") == .refused)
            #expect(await control.authenticate(user: "eva", password: "second", address: "1").identity == identity)
        }
        try reopened.removeUser("eva")
        #expect(await reopened.authenticate(user: "eva", password: "second", address: "1") == .refused)
        #expect(reopened.users().map(\.identity.name) == ["admin"])
        #expect(try folder.names() == ["users.json"])
    }

    @Test("the last admin and users of the site cannot be removed")
    func protectedUsers() throws {
        let (control, _) = try open()
        #expect(throws: AccessError.self) { try control.removeUser("admin") }
        let (other, _) = try open([SiteUser(name: "eva", role: .admin, secret: .password("x y z"))])
        #expect(throws: AccessError.self) { try other.removeUser("eva") }
        try other.removeUser("admin")
    }

    @Test("a revoked token and an invented one are nobody's")
    func revoked() throws {
        let (control, _) = try open([SiteUser(name: "eva", role: .admin, secret: .password("x y z"))])
        let token = control.issueToken(for: Identity(name: "eva", role: .admin))
        control.revokeToken(token.text)
        #expect(control.identity(forToken: token.text) == nil)
        #expect(control.identity(forToken: "invented") == nil)
    }

    @Test("a user file that is not ours is refused with its path, and left alone", arguments: ["", "{", #"{"version":9,"users":[]}"#, #"{"version":1,"users":[{"name":"a","role":"king","password_hash":"x"}]}"#])
    func brokenFile(text: String) throws {
        let path = folder.path + "/users.json"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        do {
            _ = try open()
            Issue.record("expected a refusal")
        } catch let error as AccessError {
            #expect(error.description.contains(path))
        }
        #expect(try folder.text("users.json") == text)
    }

    @Test("names that would spoil logs or headers are refused", arguments: ["", "a b", "a\nb", "ü", String(repeating: "a", count: 65)])
    func names(name: String) {
        #expect(throws: AccessError.self) { try SiteUser(name: name, role: .viewer, secret: .password("p")) }
    }
}

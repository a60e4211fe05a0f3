import Testing

@testable import Access

@Suite struct BoundedTablesTests {
    @Test("the credential cache stays within its capacity and keeps what is in use")
    func cacheIsBounded() {
        let keys = CredentialKeyMaker()
        var cache = CredentialCache(capacity: 100)
        let used = keys.key(user: "used", password: "p")
        cache.insert(Identity(name: "used", role: .viewer), for: used)
        for number in 0..<1000 {
            cache.insert(Identity(name: "u\(number)", role: .viewer), for: keys.key(user: "u\(number)", password: "p"))
            #expect(cache.identity(for: used)?.name == "used")
            #expect(cache.count <= 101)
        }
    }

    @Test("user and password do not run into one another in the cache's key")
    func keysAreSeparated() {
        let keys = CredentialKeyMaker()
        #expect(keys.key(user: "ab", password: "c") != keys.key(user: "a", password: "bc"))
        #expect(keys.key(user: "a", password: "b") != CredentialKeyMaker().key(user: "a", password: "b"))
    }

    @Test("after five failures each further attempt waits twice as long, up to a minute")
    func attemptsSlowDown() {
        var limiter = AttemptLimiter(capacity: 10)
        var now: Int64 = 1_000_000
        for _ in 0..<5 { #expect(limiter.admit(user: "a", address: "x", now: now) == nil) }
        var waits: [Int] = []
        for _ in 0..<9 {
            guard let wait = limiter.admit(user: "a", address: "x", now: now) else { continue }
            waits.append(wait)
            now += Int64(wait) * 1000
            #expect(limiter.admit(user: "a", address: "x", now: now) == nil)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(limiter.admit(user: "a", address: "y", now: now) == nil)
        #expect(limiter.admit(user: "b", address: "x", now: now) == nil)
    }

    @Test("a success and a quarter of an hour each forget the failures")
    func attemptsAreForgotten() {
        var limiter = AttemptLimiter(capacity: 10)
        for _ in 0..<5 { _ = limiter.admit(user: "a", address: "x", now: 0) }
        #expect(limiter.admit(user: "a", address: "x", now: 1) != nil)
        limiter.succeeded(user: "a", address: "x")
        #expect(limiter.admit(user: "a", address: "x", now: 2) == nil)
        for _ in 0..<4 { _ = limiter.admit(user: "a", address: "x", now: 3) }
        #expect(limiter.admit(user: "a", address: "x", now: 4) != nil)
        #expect(limiter.admit(user: "a", address: "x", now: 16 * 60_000) == nil)
    }

    @Test("a flood of user names does not grow the table of attempts")
    func attemptsAreBounded() {
        var limiter = AttemptLimiter(capacity: 50)
        for number in 0..<1000 { _ = limiter.admit(user: "u\(number)", address: "x", now: Int64(number)) }
        #expect(limiter.count <= 50)
    }

    @Test("a token is valid until it expires or is revoked, and their number is bounded")
    func tokens() {
        var tokens = SessionTokens(capacity: 3, lifetimeSeconds: 10)
        let first = tokens.issue(for: "a", now: 0)
        #expect(first.text.utf8.count == 43)
        #expect(tokens.user(of: first.text, now: 9_999) == "a")
        #expect(tokens.user(of: first.text, now: 10_000) == nil)
        let second = tokens.issue(for: "b", now: 0)
        tokens.revoke(second.text)
        #expect(tokens.user(of: second.text, now: 1) == nil)
        for number in 0..<10 { _ = tokens.issue(for: "c", now: Int64(number)) }
        #expect(tokens.count == 3)
        tokens.revokeAll(of: "c")
        #expect(tokens.count == 0)
        #expect(tokens.user(of: "", now: 0) == nil)
    }
}

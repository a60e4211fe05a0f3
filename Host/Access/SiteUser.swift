/// A user as the site states it.
public struct SiteUser: Sendable {
    /// What the site gives to verify the user with.
    public enum Secret: Sendable {
        /// The password itself: for demonstrations on loopback.
        case password(String)
        /// A hash, as `PasswordHash` writes it.
        case hash(PasswordHash)
    }

    /// The name, unique in the site.
    public let name: String
    /// What the user may do.
    public let role: Role
    /// What to verify with.
    public let secret: Secret

    /// A user of the site. Throws when the name is not acceptable or the password is empty.
    public init(name: String, role: Role, secret: Secret) throws(AccessError) {
        try UserName.check(name)
        if case .password(let password) = secret { try UserName.check(password: password, of: name) }
        self.name = name
        self.role = role
        self.secret = secret
    }

    /// Whether anybody would guess the password: one of a short list (`admin`, `password`, …) or the user's own name.
    public var usesWellKnownPassword: Bool {
        switch secret {
        case .password(let password): WellKnownPasswords.contains(password, user: name)
        case .hash: false
        }
    }
}

/// What names and passwords must be.
enum UserName {
    /// Names stand in logs, headers and file names of exports: letters, digits and `. _ - @`, at most 64.
    static func check(_ name: String) throws(AccessError) {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
        guard allowed, (1...64).contains(name.utf8.count) else {
            throw .invalid("the user name '\(name.prefix(80))' is not acceptable: use 1 to 64 letters, digits or any of . _ - @")
        }
    }

    static func check(password: String, of user: String) throws(AccessError) {
        guard (1...1024).contains(password.utf8.count) else {
            throw .invalid("the password of user '\(user)' has \(password.utf8.count) bytes: expected 1 to 1024")
        }
    }
}

/// Passwords that are tried first by anybody who scans a network.
enum WellKnownPasswords {
    private static let list: Set<String> = [
        "admin", "administrator", "password", "passw0rd", "pass", "root", "toor", "guest", "user", "test", "demo", "default", "changeme",
        "secret", "letmein", "welcome", "qwerty", "grafana", "influx", "influxdb", "telegraf", "mosquitto", "rabbitmq", "mqtt", "dsotp",
        "platone", "sogno", "operator", "engineer", "viewer", "123", "1234", "12345", "123456", "12345678", "123456789", "1234567890",
        "admin123", "password1", "password123",
    ]

    static func contains(_ password: String, user: String) -> Bool {
        let lowered = password.lowercased()
        return lowered == user.lowercased() || list.contains(lowered)
    }
}

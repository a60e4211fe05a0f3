internal import Access
internal import Glibc

/// What a person at the terminal is told: where databus and console are, and how to log in.
struct Announcement: Sendable {
    let databus: String
    /// Made at this first start: shown now and never again.
    let generatedPassword: String?
    let users: [SiteUser]

    /// Prints the lines.
    func print(console: String) {
        var lines = ["Databus  \(databus)", "Console  \(console)"]
        if let generatedPassword {
            lines.append("Log in   user admin, password \(generatedPassword) (made at this first start and shown only now: keep it)")
        } else if let demo = users.first(where: { $0.role == .admin && $0.usesWellKnownPassword }), case .password(let password) = demo.secret {
            lines.append("Log in   user \(demo.name), password \(password) (a demonstration: loopback only)")
        } else {
            lines.append("Log in   as a user of this site")
        }
        Terminal.write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    }
}

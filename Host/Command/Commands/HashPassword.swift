import Access
import ArgumentParser
import Glibc

/// `dsotp hash-password`.
struct HashPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash-password", abstract: "Makes the password_hash of a user in site.yaml from a password.",
        discussion: "Asks for the password at a terminal; otherwise reads the first line of standard input.")

    func run() async throws {
        let isTerminal = isatty(STDIN_FILENO) == 1
        if isTerminal { Terminal.write("Password: ", to: STDERR_FILENO) }
        guard let password = isTerminal ? Self.readHidden() : readLine(), !password.isEmpty else {
            Terminal.complain("no password was given: type one, or pipe it in")
            throw ExitCode.failure
        }
        do {
            print(try PasswordHash(of: password))
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode.failure
        }
    }

    /// A line from the terminal that is not shown while it is typed.
    private static func readHidden() -> String? {
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSANOW, &before)
            Terminal.write("\n", to: STDERR_FILENO)
        }
        return readLine()
    }
}

import ArgumentParser
import Glibc
import Runtime
import Trust

/// `dsotp plugin …`: for authors of services, and for those who decide whether to run them.
struct Plugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Makes, looks at, tests and signs service libraries.",
        subcommands: [
            PluginNew.self, PluginInspect.self, PluginValidate.self, PluginReplay.self, PluginKeygen.self, PluginSign.self, PluginVerify.self,
            PluginNote.self, PluginValidateOne.self, PluginReplayOne.self,
        ])
}

/// Public keys that a command verifies with.
struct KeyOptions: ParsableArguments {
    @Option(help: "A public key: ed25519:…, or a .pub file. May be given more than once.")
    var key: [String] = []

    @Option(help: "A site's folder; its keys are used.")
    var site: String?

    /// - Throws: ``TrustError`` or the errors of the site's manifests.
    func keys() throws -> [VerifyingKey] {
        var keys = try key.map { text in
            if text.hasPrefix("ed25519:") { return try VerifyingKey(parsing: text) }
            let line = String(decoding: try FileContents(text, limit: 4_096).bytes, as: UTF8.self)
            return try VerifyingKey(parsing: line.hasSuffix("\n") ? String(line.dropLast()) : line)
        }
        if let site { keys += try SiteFolder.load(site).trust.keys.map { try VerifyingKey(parsing: $0.text) } }
        return keys
    }
}

/// Runs the body of a command; an error becomes one line on standard error and exit code 1.
func orComplain(_ body: () throws -> Void) throws {
    do { try body() } catch let exit as ExitCode { throw exit } catch {
        Terminal.complain("dsotp: \(error)")
        throw ExitCode.failure
    }
}

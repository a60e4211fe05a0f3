import ArgumentParser
import Glibc
import Trust

/// `dsotp plugin verify FILE`.
struct PluginVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verifies the signature of a library, and that only its owner may exchange it.",
        discussion: "Exit code 0 if a key that was given signed exactly this library, and this manifest if it signed one; else 1, with the reason.")

    @Argument(help: "The library's file; its signature is FILE.sig.")
    var file: String

    @Option(help: "The service's manifest, for signatures that cover it.")
    var manifest: String?

    @OptionGroup var keys: KeyOptions

    func run() throws {
        try orComplain {
            guard let resolved = realpath(file, nil) else { throw ValidationError("\(file) is not there (give the path of a library)") }
            defer { free(resolved) }
            let keeper = Gatekeeper(policy: TrustPolicy(stance: .require, keys: try keys.keys()), copies: nil)
            let bytes = try manifest.map { try FileContents($0, limit: 4 << 20).bytes } ?? []
            let admission = try keeper.admit(Candidate(path: String(cString: resolved), manifest: bytes))
            guard case .signature(let key) = admission.grounds, let identity = admission.identity else { throw ExitCode.failure }
            print("\(file): \(identity.identifier) \(identity.version), signed by key \(key)")
        }
    }
}

import ArgumentParser
import Trust

/// `dsotp plugin keygen FILE`.
struct PluginKeygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Makes an Ed25519 key for signing: FILE (keep it) and FILE.pub (for site.yaml, plugins: trust: keys).")

    @Argument(help: "Where the private key goes; it must not exist.")
    var file: String

    func run() throws {
        try orComplain {
            let key = SigningKey()
            try key.write(to: file)
            print("\(file): the private key \(key.verifyingKey.identifier): keep it, nobody else may read it")
            print("\(file).pub: \(key.verifyingKey)")
        }
    }
}

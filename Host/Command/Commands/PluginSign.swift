import ArgumentParser
import Trust

/// `dsotp plugin sign FILE --key KEY`.
struct PluginSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Signs a library: writes FILE.sig.",
        discussion: """
            With --manifest the signature covers the service's manifest too: then a site that changes it needs another signature. \
            Identifier and version come from the library's identity note.
            """)

    @Argument(help: "The library's file.")
    var file: String

    @Option(help: "The private key, a file made by keygen.")
    var key: String

    @Option(help: "The service's manifest, to be covered by the signature.")
    var manifest: String?

    @Option(help: "The identifier of a library without an identity note.")
    var identifier: String?

    @Option(name: .customLong("library-version"), help: "The version of a library without an identity note.")
    var libraryVersion: String?

    func run() throws {
        try orComplain {
            let contents = try FileContents(file)
            let note = try ELFFile(contents.bytes, name: file).note
            guard let identifier = note?.identifier ?? identifier, let version = note?.version ?? libraryVersion else {
                throw ValidationError("\(file) has no identity note (expected one, see dsotp/note.h; or give --identifier and --library-version)")
            }
            let manifestDigest = try manifest.map { Digest(of: try FileContents($0, limit: 4 << 20).bytes) }
            let signature = try LibrarySignature(
                identifier: identifier, version: version, library: Digest(of: contents.bytes), manifest: manifestDigest,
                with: try SigningKey(file: key))
            let path = LibrarySignature.path(for: file)
            try FileContents.replace(path, Array(signature.text.utf8), mode: 0o644)
            print("\(path): \(identifier) \(version), signed by key \(signature.key)\(manifest.map { ", with \($0)" } ?? "")")
        }
    }
}

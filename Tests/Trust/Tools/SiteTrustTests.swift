import Foundation
import Testing

@testable import Trust

@Suite("A site that trusts some libraries")
struct SiteTrustTests {
    private let workspace: Workspace
    private let key: String

    /// A site with one service in C, unsigned.
    init() throws {
        workspace = try Workspace()
        key = workspace.path + "/site.key"
        _ = try Dsotp.run(["plugin", "keygen", key])
        for folder in ["site", "site/services", "site/plugins"] {
            try FileManager.default.createDirectory(
                atPath: "\(workspace.path)/\(folder)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        }
        let source = try #require(FileManager.default.contents(atPath: Dsotp.sdk + "/PluginAPI/Examples/frequency-watch/frequency_watch.c"))
        let library = try CLibrary.compile(String(decoding: source, as: UTF8.self), ["-D_GNU_SOURCE", "-lm"])
        _ = try workspace.write("site/plugins/libwatch.so", library, mode: 0o755)
    }

    private func check(policy: String, pin: String = "", isolation: String = "in-process", trustsKey: Bool = true) throws -> (Int32, String) {
        let published = try String(contentsOfFile: key + ".pub", encoding: .utf8)
        let keys = trustsKey ? "[\"\(published.dropLast())\"]" : "[]"
        let site = "site: test\nplugins:\n  folders: [plugins]\n  trust: {policy: \(policy), keys: \(keys)}\n"
        _ = try workspace.write("site/site.yaml", Array(site.utf8))
        let manifest = "service: watch\nlibrary: watch\nisolation: \(isolation)\nsubscribe: [a/+]\npublish: [b/+]\n\(pin)"
        _ = try workspace.write("site/services/watch.yaml", Array(manifest.utf8))
        let outcome = try Dsotp.run(["check", workspace.path + "/site"])
        return (outcome.status, outcome.complaint)
    }

    @Test("An unsigned library is refused where signatures are required, with the line of the manifest, and runs where all is allowed")
    func unsigned() throws {
        let (status, complaint) = try check(policy: "require")
        #expect(status == 1 && complaint.contains("services/watch.yaml:2: ") && complaint.contains("is not trusted by this site"), "\(complaint)")
        let allowed = try check(policy: "allow")
        #expect(allowed.0 == 0, "\(allowed.1)")
        let inProcess = try check(policy: "runner-only")
        #expect(inProcess.0 == 1 && inProcess.1.contains("expected isolation: process"), "\(inProcess.1)")
    }

    @Test("A signed library and a pinned one are in order where signatures are required")
    func trusted() throws {
        let library = workspace.path + "/site/plugins/libwatch.so"
        let digest = Digest(of: try workspace.bytes(library))
        let pinned = try check(policy: "require", pin: "digest: \(digest)\n")
        #expect(pinned.0 == 0, "\(pinned.1)")
        #expect(try Dsotp.run(["plugin", "sign", library, "--key", key]).status == 0)
        let signed = try check(policy: "require")
        #expect(signed.0 == 0, "\(signed.1)")
        #expect(try check(policy: "require", trustsKey: false).0 == 1)
        _ = try workspace.write("site/plugins/libwatch.so", try workspace.bytes(library) + [0], mode: 0o755)
        #expect(try check(policy: "allow").1.contains("signs another library"))
    }

    @Test("A library that every user may write is refused even where all is allowed")
    func writable() throws {
        try workspace.setMode(0o777, of: workspace.path + "/site/plugins/libwatch.so")
        let (status, complaint) = try check(policy: "allow")
        #expect(status == 1 && complaint.contains("may be written by every user") && complaint.contains("chmod go-w"), "\(complaint)")
    }
}

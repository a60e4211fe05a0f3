import Foundation
import Testing

@testable import Trust

@Suite("dsotp plugin inspect, sign, verify, note and new")
struct PluginCommandTests {
    @Test("Inspecting runs no code of the library, and its exit code says whether this host could load it")
    func inspect() throws {
        let workspace = try Workspace()
        let library = try workspace.write("libx.so", try CLibrary.noted.get(), mode: 0o755)
        let outcome = try Dsotp.run(["plugin", "inspect", library])
        #expect(outcome.status == 0 && outcome.output.contains("org.example.noted 1.2.3"), "\(outcome.complaint)")
        let other = try workspace.write("liby.so", try CLibrary.compile("int f(void) { return 1; }\n"))
        let refused = try Dsotp.run(["plugin", "inspect", other])
        #expect(refused.status == 1 && refused.complaint.contains("does not export dsotp_plugin_entry"))
        let json = try Dsotp.run(["plugin", "inspect", library, "--json"])
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(document?["identifier"] as? String == "org.example.noted" && (document?["exports"] as? [String])?.contains("other_function") == true)
        #expect(document?["digest"] as? String == Digest(of: try CLibrary.noted.get()).description)
    }

    @Test("A library is signed with its manifest, verified, and refused after a change of either")
    func signing() throws {
        let workspace = try Workspace()
        let library = try workspace.write("libx.so", try CLibrary.noted.get(), mode: 0o755)
        let manifest = try workspace.write("x.yaml", Array("service: x\nlibrary: x\n".utf8))
        let key = workspace.path + "/site.key"
        #expect(try Dsotp.run(["plugin", "keygen", key]).status == 0)
        let signed = try Dsotp.run(["plugin", "sign", library, "--key", key, "--manifest", manifest])
        #expect(signed.status == 0, "\(signed.complaint)")
        let verify = ["plugin", "verify", library, "--key", key + ".pub", "--manifest", manifest]
        let verified = try Dsotp.run(verify)
        #expect(verified.status == 0 && verified.output.contains("org.example.noted 1.2.3, signed by key"), "\(verified.complaint)")
        #expect(try Dsotp.run(["plugin", "inspect", library, "--key", key + ".pub"]).output.contains("valid, by key"))
        #expect(try Dsotp.run(["plugin", "inspect", library]).output.contains("not verified: give the key"))
        _ = try workspace.write("x.yaml", Array("service: y\nlibrary: x\n".utf8))
        #expect(try Dsotp.run(verify).complaint.contains("signs another manifest"))
        _ = try workspace.write("libx.so", try CLibrary.noted.get() + [0], mode: 0o755)
        let changed = try Dsotp.run(verify)
        #expect(changed.status == 1 && changed.complaint.contains("signs another library"))
    }

    @Test("A library without a note is signed only when it is said what it is")
    func withoutNote() throws {
        let workspace = try Workspace()
        let library = try workspace.write("libx.so", try CLibrary.compile("int f(void) { return 1; }\n"), mode: 0o755)
        let key = workspace.path + "/k"
        _ = try Dsotp.run(["plugin", "keygen", key])
        #expect(try Dsotp.run(["plugin", "sign", library, "--key", key]).complaint.contains("has no identity note"))
        let arguments = ["plugin", "sign", library, "--key", key, "--identifier", "org.example.x", "--library-version", "1.0.0"]
        #expect(try Dsotp.run(arguments).status == 0)
    }

    @Test("A new service in C builds, passes its own test and is valid, with the headers alone")
    func newInC() throws {
        let workspace = try Workspace()
        let made = try Dsotp.run(["plugin", "new", "limit-watch", "--language", "c", "--sdk", Dsotp.sdk], in: workspace.path)
        #expect(made.status == 0, "\(made.complaint)")
        let make = Process()
        make.executableURL = URL(filePath: "/usr/bin/env")
        make.arguments = ["make", "-s", "-C", workspace.path + "/limit-watch", "test"]
        let output = Pipe()
        make.standardOutput = output
        make.standardError = output
        try make.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        make.waitUntilExit()
        #expect(make.terminationStatus == 0 && text.contains("all tests passed"), "\(text)")
        let folder = workspace.path + "/limit-watch"
        let valid = try Dsotp.run(["plugin", "validate", folder + "/liblimit_watch.so", "--manifest", folder + "/limit-watch.yaml"])
        #expect(valid.status == 0 && !valid.output.contains("warning "), "\(valid.output)\(valid.complaint)")
    }

    @Test("A new service in Swift is a whole package, whose identity note is that of its module")
    func newInSwift() throws {
        let workspace = try Workspace()
        #expect(try Dsotp.run(["plugin", "new", "volt-watch", "--sdk", Dsotp.sdk], in: workspace.path).status == 0)
        let folder = workspace.path + "/volt-watch"
        var text = ""
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where !file.hasSuffix("VoltWatch") && !file.hasSuffix("Tests") {
            guard let content = try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8) else { continue }
            #expect(!content.contains("__") || file == "exports.map", "\(file) has a word that was not put in")
            text += content
        }
        #expect(text.contains("final class VoltWatch: Service") && text.contains("identifier: \"org.example.volt-watch\""))
        let note = try Dsotp.run(["plugin", "note", "org.example.volt-watch", "0.1.0", "Publishes an alarm when a value is above its limit."]).output
        #expect(try String(contentsOfFile: folder + "/Sources/VoltWatch/IdentityNote.swift", encoding: .utf8) == note)
        #expect(try Dsotp.run(["plugin", "new", "volt-watch", "--sdk", Dsotp.sdk], in: workspace.path).complaint.contains("can't be made"))
        #expect(try Dsotp.run(["plugin", "new", "Volt", "--sdk", Dsotp.sdk], in: workspace.path).complaint.contains("is not the name of a service"))
    }
}

import Foundation
import Testing

@testable import Trust

@Suite("Admission of libraries")
struct GatekeeperTests {
    private let workspace: Workspace
    private let key = SigningKey()
    private let library: String
    private let manifest = Array("service: a\n".utf8)

    init() throws {
        workspace = try Workspace()
        library = try workspace.write("liba.so", Array("one build".utf8), mode: 0o755)
    }

    private func sign(manifest: [UInt8]? = nil, with key: SigningKey? = nil) throws {
        let signature = try LibrarySignature(
            identifier: "org.example.a", version: "1.0.0", library: Digest(of: try workspace.bytes(library)),
            manifest: manifest.map { Digest(of: $0) }, with: key ?? self.key)
        _ = try workspace.write("liba.so.sig", Array(signature.text.utf8))
    }

    private func outcome(
        _ stance: TrustPolicy.Stance, pinned: Digest? = nil, digests: Set<Digest> = [], isIsolated: Bool = false
    ) -> String {
        let keeper = Gatekeeper(
            policy: TrustPolicy(stance: stance, keys: [key.verifyingKey], digests: digests), copies: workspace.path + "/copies")
        do throws(TrustError) {
            return switch try keeper.admit(Candidate(path: library, pinned: pinned, manifest: manifest, isIsolated: isIsolated)).grounds {
            case .signature: "signature"
            case .digest: "digest"
            case .stance(let stance): stance.rawValue
            }
        } catch {
            return error.description
        }
    }

    @Test("Without any proof the site's stance decides")
    func stances() {
        #expect(outcome(.allow) == "allow")
        #expect(outcome(.runnerOnly, isIsolated: true) == "runner-only")
        #expect(outcome(.runnerOnly).contains("expected isolation: process for such a library; got in-process"))
        #expect(outcome(.require, isIsolated: true).contains("expected a trusted signature or digest; got none"))
    }

    @Test("A trusted signature, a pin and a listed digest are each enough, in the host's process too")
    func proofs() throws {
        let digest = Digest(of: try workspace.bytes(library))
        #expect(outcome(.require, pinned: digest) == "digest")
        #expect(outcome(.require, digests: [digest]) == "digest")
        try sign()
        #expect(outcome(.require) == "signature" && outcome(.runnerOnly) == "signature")
        try sign(manifest: manifest)
        #expect(outcome(.require) == "signature")
    }

    @Test("A wrong pin, a changed library and a changed manifest are refused even where all is allowed")
    func contradictions() throws {
        #expect(outcome(.allow, pinned: Digest(of: [])).contains("is not the library that the manifest pins"))
        try sign(manifest: [1])
        #expect(outcome(.allow).contains("signs another manifest"))
        try sign()
        _ = try workspace.write("liba.so", Array("another build".utf8))
        #expect(outcome(.allow).contains("signs another library"))
        _ = try workspace.write("liba.so.sig", Array("rubbish\n".utf8))
        #expect(outcome(.allow).contains("is not a signature"))
    }

    @Test("A signature by a key that the site does not list is no proof")
    func foreignKey() throws {
        try sign(with: SigningKey())
        #expect(outcome(.allow) == "allow" && outcome(.require).contains("is not trusted by this site"))
    }

    @Test("What is loaded is a copy of the verified bytes, and another build gets another path")
    func copies() throws {
        let keeper = Gatekeeper(policy: TrustPolicy(), copies: workspace.path + "/copies")
        let first = try keeper.admit(Candidate(path: library))
        _ = try workspace.write("liba.so", Array("another build".utf8))
        let second = try keeper.admit(Candidate(path: library))
        #expect(first.path != second.path && first.path.hasSuffix("/liba.so"))
        #expect(try workspace.bytes(first.path) == Array("one build".utf8))
        #expect(try workspace.bytes(second.path) == Array("another build".utf8))
        #expect(try FileContents(second.path).mode == 0o500)
        // Somebody spoilt the copy: it is made anew.
        try FileManager.default.removeItem(atPath: second.path)
        _ = try FileContents.create(second.path, [6, 6, 6], mode: 0o777)
        #expect(try keeper.admit(Candidate(path: library)).path == second.path)
        #expect(try workspace.bytes(second.path) == Array("another build".utf8) && (try FileContents(second.path).mode) == 0o500)
        #expect(try Gatekeeper(policy: TrustPolicy(), copies: nil).admit(Candidate(path: library)).path == library)
    }

    @Test("Files and folders that others may write are refused", arguments: [
        ("liba.so", 0o757, "the file"), ("", 0o757, "the folder"), ("", 0o1777, "the folder"),
    ])
    func permissions(name: String, mode: Int, kind: String) throws {
        try workspace.setMode(mode, of: name.isEmpty ? workspace.path : library)
        let sentence = outcome(.allow)
        try workspace.setMode(0o755, of: workspace.path)
        #expect(sentence.hasPrefix("\(kind) ") && sentence.contains("may be written by every user"), "\(sentence)")
    }

    @Test("A folder further up that all may write is refused unless it has the sticky bit")
    func foldersAbove() throws {
        let inner = workspace.path + "/inner"
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let path = try workspace.write("inner/libb.so", [1])
        let keeper = Gatekeeper(policy: TrustPolicy(), copies: nil)
        try workspace.setMode(0o1777, of: workspace.path)
        _ = try keeper.admit(Candidate(path: path))
        try workspace.setMode(0o777, of: workspace.path)
        #expect(throws: TrustError.self) { try keeper.admit(Candidate(path: path)) }
        try workspace.setMode(0o755, of: workspace.path)
    }

    @Test("A folder of copies that others may write, or that is a link, is refused")
    func unsafeCopies() throws {
        let copies = workspace.path + "/copies"
        let keeper = Gatekeeper(policy: TrustPolicy(), copies: copies)
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
        try workspace.setMode(0o777, of: copies)
        #expect(throws: TrustError.self) { try keeper.admit(Candidate(path: library)) }
        try FileManager.default.removeItem(atPath: copies)
        try FileManager.default.createSymbolicLink(atPath: copies, withDestinationPath: workspace.path)
        #expect(throws: TrustError.self) { try keeper.admit(Candidate(path: library)) }
    }
}

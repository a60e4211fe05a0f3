import Testing

@testable import Runtime

@Suite("Trust in libraries")
struct LibraryTrustTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    private func load(site: String, service: String = "service: s\nlibrary: x\n") throws -> Site {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", site)
        try folder.write("services/s.yaml", service)
        return try SiteFolder.load(folder.path)
    }

    private func problems(site: String, service: String = "service: s\nlibrary: x\n") -> String {
        do { return "\(try load(site: site, service: service).name)" } catch { return "\(error)" }
    }

    @Test("A site says whom it trusts, and a manifest which digest its library has")
    func settings() throws {
        let key = "ed25519:mj+tmgKQ1mreiQ43+JFufbS13i+T47Ed2feH6sDAiP4="
        let service = "service: s\nlibrary: x\ndigest: \(Self.digest)\n"
        let site = try load(
            site: "site: a\nplugins:\n  trust:\n    policy: runner-only\n    keys: [\"\(key)\"]\n    digests: [\"\(Self.digest)\"]\n", service: service)
        #expect(site.trust.policy == .runnerOnly && site.trust.keys.map(\.text) == [key] && site.trust.digests == [Self.digest])
        #expect(site.services[0].digest == Self.digest && site.services[0].source == Array(service.utf8))
        #expect(try load(site: "site: a\n").trust.policy == .allow)
    }

    @Test(
        "Malformed keys, digests and policies are refused with their line",
        arguments: [
            ("trust: {policy: requires}", "'policy' of plugins.trust has an unknown value (did you mean 'require'? expected require, runner-only or allow; got 'requires')"),
            ("trust: {keys: [abc]}", "a key of plugins.trust is malformed (expected ed25519: and 32 bytes in base64, the content of a .pub file; got 'abc')"),
            ("trust: {digests: [\"sha256:00\"]}", "a digest of plugins.trust is malformed (expected sha256: and 64 lower-case hexadecimal digits, as dsotp plugin inspect shows; got 'sha256:00')"),
            ("trust: {key: []}", "unknown key 'key' in plugins.trust (did you mean 'keys'? expected policy, keys or digests; got 'key')"),
        ])
    func malformed(trust: String, sentence: String) {
        #expect(problems(site: "site: a\nplugins:\n  \(trust)\n").hasSuffix("site.yaml:3: \(sentence)"))
    }

    @Test("A malformed pin is refused with its line")
    func malformedPin() {
        let got = problems(site: "site: a\n", service: "service: s\nlibrary: x\ndigest: sha256:XY\n")
        #expect(got.hasSuffix("s.yaml:3: " + TrustText.malformedDigest("sha256:XY", name: "'digest'")))
    }

    /// Admits by loading a copy, or refuses.
    private struct Fake: LibraryTrust {
        var copy: String?
        var identity: AdmittedLibrary.Identity?

        func admit(_ candidate: LibraryCandidate) throws(LibraryRefusal) -> AdmittedLibrary {
            guard let copy else { throw .untrusted("\(candidate.path) is not trusted (\(candidate.manifest.service))") }
            return AdmittedLibrary(path: copy, digest: nil, identity: identity)
        }
    }

    private func desk(_ trust: Fake, folder: String) -> LibraryDesk {
        LibraryDesk(loader: LibraryLoader(hostVersion: "1"), folders: [folder], siteFolder: folder, trust: trust)
    }

    @Test("No code of a library runs that is not admitted, and what is admitted is what is loaded")
    func admission() async throws {
        let probe = try CLibrary.probe.get().path
        let folder = try TemporaryFolder()
        // Not a library at all: if the named file were loaded in place of the admitted one, this could not succeed.
        try folder.write("libx.so", "rubbish")
        let manifest = try load(site: "site: a\n").services[0]
        let module = try await desk(Fake(copy: probe + "/libprobe.so"), folder: folder.path).module(for: manifest).module
        #expect(module.path.hasSuffix("/libx.so"), "people are shown the file that they know")
        let refusal = await #expect(throws: LibraryRefusal.self) { try await desk(Fake(), folder: folder.path).module(for: manifest) }
        #expect(refusal?.description.hasSuffix("/libx.so is not trusted (s)") == true)
    }

    @Test("A new build in the place of a loaded one is loaded, since its copy has a path of its own")
    func newBuild() async throws {
        let folder = try TemporaryFolder()
        let manifest = try load(site: "site: a\n").services[0]
        let loader = LibraryLoader(hostVersion: "1")
        var versions: [String] = []
        for version in ["1.0.0", "2.0.0"] {
            try CLibrary.compile(Self.source(version: version), name: "x", into: folder.path)
            let copy = "\(folder.path)/\(version).so"
            try HostFiles.replace(copy, with: try HostFiles.read("\(folder.path)/libx.so"))
            let desk = LibraryDesk(loader: loader, folders: [folder.path], siteFolder: folder.path, trust: Fake(copy: copy))
            versions.append(try await desk.module(for: manifest).module.version)
        }
        #expect(versions == ["1.0.0", "2.0.0"])
    }

    private static func source(version: String) -> String {
        """
        #include "dsotp.h"
        static dsotp_status create(const dsotp_host *h, dsotp_host_bytes n, dsotp_instance *i, dsotp_error *e) { return 0; }
        static dsotp_status configure(dsotp_instance i, const dsotp_configuration *c, dsotp_error *e) { return 0; }
        static dsotp_status start(dsotp_instance i, dsotp_error *e) { return 0; }
        static void destroy(dsotp_instance i) {}
        static dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start, .stop = start, .destroy = destroy};
        static dsotp_module module = {.size = sizeof module, .abi_major = 1, .identifier = {"org.example.x", 13}, .version = {"\(version)", 5}, .service = &service};
        const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { return &module; }
        """
    }

    @Test("A library that calls itself otherwise than its signature is refused")
    func identity() async throws {
        let probe = try CLibrary.probe.get().path
        let manifest = try load(site: "site: a\n", service: "service: s\nlibrary: probe\n").services[0]
        let fake = Fake(copy: probe + "/libprobe.so", identity: .init(identifier: "org.example.other", version: "9.9.9"))
        let refusal = await #expect(throws: LibraryRefusal.self) { try await desk(fake, folder: probe).module(for: manifest) }
        #expect(refusal?.description.contains("is not what its signature says (expected org.example.other 9.9.9; got ") == true)
    }
}

import Testing

@testable import Runtime

@Suite("Incidents")
struct IncidentTests {
    /// Vectors of FIPS 180-4's examples (NIST, SHA-256 of "", "abc" and 56 bytes).
    @Test(
        "Manifests are named by SHA-256",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func digest(text: String, digest: String) { #expect(SHA256.digest(of: Array(text.utf8)) == "sha256:" + digest) }

    @Test("Bytes are text in base 64", arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func base64(text: String, encoded: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Base64.encode($0) } == encoded)
    }

    @Test("The newest fifty are kept, and are read back as they were")
    func kept() throws {
        let folder = try TemporaryFolder()
        let log = IncidentLog(dataFolder: folder.path, service: "s")
        for time in Int64(1_001)...1_060 { #expect(log.add(incident(time)) == nil) }
        #expect(log.all.map(\.time) == Array((1_011...1_060).reversed()))
        let again = IncidentLog(dataFolder: folder.path, service: "s")
        #expect(again.all.map(\.json) == log.all.map(\.json))
    }

    private func incident(_ time: Int64) -> Incident {
        Incident(
            service: "s", time: time, reason: .crash, sentence: "it \"crashed\"\n", callback: "start", signal: 11, exitCode: nil,
            peakMemory: 5, restarts: 2, lastTopic: "a/b", log: ["info: x"], output: "ü", manifestDigest: "sha256:0",
            backtrace: .object([.init(key: "threads", value: .list([]))]))
    }

    @Test("The wait for a restart grows, and after too many within the window the service rests")
    func verdicts() throws {
        let manifest = ServiceManifest.forRunner(service: "s", config: "{}", memoryQuota: 0)
        let folder = try TemporaryFolder()
        let care = Aftercare(
            manifest: manifest, incidents: IncidentLog(dataFolder: folder.path, service: "s"),
            log: ServiceLog(service: "s", logger: ProbeSite.logger), clock: SystemServiceClock(), firstBackoff: .seconds(1),
            longestBackoff: .seconds(60))
        for attempt in 1...5 {
            guard case .restart(let delay, let sentence) = care.failed("x") else { return #expect(Bool(false), "it rests after \(attempt)") }
            let full = Duration.seconds(1 << (attempt - 1))
            #expect(delay >= full / 2 && delay <= full && sentence.hasPrefix("x; restart \(attempt) of 5 in "))
        }
        guard case .rest = care.failed("x") else { return #expect(Bool(false), "it does not rest") }
        care.forgive()
        guard case .restart = care.failed("x") else { return #expect(Bool(false), "it is not forgiven") }
    }
}

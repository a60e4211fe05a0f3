import Foundation
import Testing

@testable import Trust

@Suite("dsotp plugin replay")
struct ReplayTests {
    private let workspace: Workspace
    private let recording: String
    private let library: String
    private let manifest: String

    /// The example in C, with an afternoon of a feeder that falls silent.
    init() throws {
        workspace = try Workspace()
        let example = Dsotp.sdk + "/PluginAPI/Examples/frequency-watch"
        library = try workspace.write(
            "libfrequency_watch.so", try CLibrary.compile(try String(contentsOfFile: example + "/frequency_watch.c", encoding: .utf8), ["-lm"]), mode: 0o755)
        manifest = example + "/frequency-watch.yaml"
        recording = workspace.path + "/feeder.rec"
        try record(
            """
            {"recording":1,"began":"2026-05-01T12:00:00Z"}
            {"t":0,"topic":"measurements/frequency/feeder-7","payload":"49.7","qos":1}
            {"t":0.25,"topic":"measurements/voltage/feeder-7","payload":"230"}
            {"t":10.5,"topic":"measurements/frequency/feeder-7","payload":"50.0","qos":1}
            {"t":3600,"topic":"measurements/frequency/feeder-7","payload":"50.01","qos":1}
            """, into: recording)
    }

    private func record(_ lines: String, into path: String) throws {
        let file = try workspace.write("lines.jsonl", Array(lines.utf8))
        let made = try Dsotp.run(["record", "--lines", file, path])
        #expect(made.status == 0, "\(made.complaint)")
    }

    private func replay(_ more: [String]) throws -> Dsotp.Outcome {
        try Dsotp.run(["plugin", "replay", recording, "--library", library, "--manifest", manifest] + more)
    }

    @Test("A service does on virtual time what it would have done that day, timers included, and twice the same to the byte")
    func deterministic() throws {
        let first = try replay(["--tail", "60"])
        #expect(first.status == 0, "\(first.complaint)")
        let lines = first.output.split(separator: "\n")
        let times = lines.compactMap { $0.split(separator: ",").first.map(String.init) }
        #expect(times == ["{\"t\":0", "{\"t\":10.5", "{\"t\":41", "{\"t\":3600", "{\"t\":3630", "{\"t\":3660"], "\(first.output)")
        #expect(zip(lines, ["low", "normal", "silent", "normal", "silent"]).allSatisfy { $0.contains(#"\"state\":\"\#($1)\""#) }, "\(first.output)")
        #expect(lines.last?.contains(#""event":"ended","messages":4,"unsubscribed":1,"batches":3,"violations":[]"#) == true)
        for _ in 0..<3 { #expect(try replay(["--tail", "60"]).output == first.output) }
    }

    @Test("What was expected is compared, within a tolerance, and the first difference is told")
    func expectation() throws {
        let golden = workspace.path + "/golden.jsonl"
        #expect(try replay(["--output", golden]).status == 0)
        let same = try replay(["--expect", golden])
        #expect(same.status == 0 && same.output.hasPrefix("as expected: 5 lines"), "\(same.output)\(same.complaint)")
        let text = try String(contentsOfFile: golden, encoding: .utf8).replacing("50.01", with: "50.02")
        let changed = try workspace.write("changed.jsonl", Array(text.utf8))
        let other = try replay(["--expect", changed])
        #expect(other.status == 1 && other.complaint.contains("line 4: /payload/hertz is 50.01, expected 50.02"), "\(other.complaint)")
        #expect(try replay(["--expect", changed, "--tolerance", "0.001"]).status == 0)
        #expect(try replay(["--only", "ended"]).output.split(separator: "\n").count == 1)
    }

    @Test("A recording is dumped and made anew without a difference, and its contents are told")
    func dump() throws {
        let text = try Dsotp.run(["record", "--dump", recording])
        let copy = workspace.path + "/copy.rec"
        try record(text.output, into: copy)
        #expect(try workspace.bytes(copy) == workspace.bytes(recording))
        let info = try Dsotp.run(["record", "--info", recording]).output
        #expect(info.contains("lasts     3600 s") && info.contains("messages  4") && info.contains("3  measurements/frequency/feeder-7"), "\(info)")
        let bytes = try workspace.bytes(recording)
        let torn = try workspace.write("torn.rec", Array(bytes.dropLast()))
        #expect(try Dsotp.run(["record", "--info", torn]).output.contains("torn at its end"))
        #expect(try Dsotp.run(["record", "--lines", changed("{\"t\":2,\"topic\":\"a\"}\n{\"t\":1,\"topic\":\"a\"}"), workspace.path + "/back.rec"]).complaint.contains("line 2: the times of a recording never go back"))
    }

    private func changed(_ lines: String) throws -> String { try workspace.write("other.jsonl", Array(lines.utf8)) }

    private static let faulty = """
        #include "dsotp.h"
        #include <stdio.h>
        #include <stdlib.h>
        #include <unistd.h>
        #define TEXT(t) {t, sizeof t - 1}
        static dsotp_status create(const dsotp_host *h, dsotp_host_bytes n, dsotp_instance *i, dsotp_error *e) { (void)n; (void)e; *i = (void *)h; return 0; }
        static dsotp_status configure(dsotp_instance i, const dsotp_configuration *c, dsotp_error *e) { (void)i; (void)c; (void)e; return 0; }
        static dsotp_status start(dsotp_instance i, dsotp_error *e) { (void)i; (void)e; return 0; }
        static dsotp_status on_messages(dsotp_instance i, const dsotp_message_batch *b, dsotp_error *e) {
            (void)i; (void)b; (void)e;
            printf("a library may print\\n");
            if (*(const char *)dsotp_message_at(b, 0)->payload.data == '4') return 0;
            FAULT
            return 0;
        }
        static void destroy(dsotp_instance i) { (void)i; }
        static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start,
            .on_messages = on_messages, .stop = start, .destroy = destroy};
        static const dsotp_module module = {.size = sizeof module, .abi_major = 1, .identifier = TEXT("org.example.x"), .version = TEXT("1.0.0"), .service = &service};
        const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { (void)host; return &module; }
        """

    @Test(
        "A library that crashes, ends or hangs is told with the batch that it had, and what it did before stands",
        arguments: [
            ("*(volatile int *)8 = 1;", "by signal 11, Segmentation fault, in on_messages, with batch 2 of 10.5 s of the recording"),
            ("exit(0);", "with exit code 0, in on_messages, with batch 2"), ("_exit(7);", "with exit code 7, in on_messages"),
            ("for (;;) pause();", "did not come back within 2 s, in on_messages, with batch 2"),
        ])
    func crash(fault: String, sentence: String) throws {
        let faulty = try workspace.write("libx.so", try CLibrary.compile("#define FAULT \(fault)\n" + Self.faulty), mode: 0o755)
        let outcome = try Dsotp.run(["plugin", "replay", recording, "--library", faulty, "--manifest", manifest, "--patience", "2"])
        #expect(outcome.status == 1 && outcome.complaint.contains(sentence), "\(outcome.complaint)")
        #expect(!outcome.output.contains("may print"), "what a library prints is not among the lines")
    }

    @Test("A batch that the service gives up is told, and the replay goes on")
    func failing() throws {
        let retryable = "static const char s[] = \"the disk is full\"; e->retryable = 1; e->sentence = (dsotp_owned_bytes){s, sizeof s - 1, 0, 0}; return -6;"
        let faulty = try workspace.write("libx.so", try CLibrary.compile("#define FAULT \(retryable)\n" + Self.faulty), mode: 0o755)
        let outcome = try Dsotp.run(["plugin", "replay", recording, "--library", faulty, "--manifest", manifest])
        let failures = outcome.output.split(separator: "\n").filter { $0.contains(#""event":"failed","callback":"on_messages""#) && $0.contains("the disk is full") }
        #expect(outcome.status == 0 && failures.count == 6, "three attempts each, one virtual second apart: \(outcome.output)")
        #expect(failures.first?.hasPrefix("{\"t\":10.5,") == true && failures.dropFirst().first?.hasPrefix("{\"t\":11.5,") == true)
    }

    @Test("What can't be replayed is refused with a sentence")
    func refused() throws {
        let none = try Dsotp.run(["plugin", "replay", workspace.path + "/none.rec", "--library", library, "--manifest", manifest])
        #expect(none.status == 1 && none.complaint.contains("none.rec can't be read"), "\(none.complaint)")
        #expect(try Dsotp.run(["plugin", "replay", recording, "--library", "/none.so"]).complaint.contains("/none.so is not there"))
        #expect(try Dsotp.run(["plugin", "replay", recording, "--library", library, "--expect", "/none"]).status == 1)
    }
}

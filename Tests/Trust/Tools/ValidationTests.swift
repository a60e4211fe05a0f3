import Foundation
import Testing

@testable import Trust

@Suite("dsotp plugin validate")
struct ValidationTests {
    private static let prelude = """
        #include "dsotp.h"
        #include <pthread.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        #define TEXT(t) {t, sizeof t - 1}
        #ifndef CREATE
        #define CREATE
        #endif
        #ifndef CONFIGURE
        #define CONFIGURE
        #endif
        #ifndef START
        #define START
        #endif
        #ifndef STOP
        #define STOP
        #endif
        #ifndef MESSAGES
        #define MESSAGES
        #endif
        #ifndef REFUSE
        #define REFUSE \\
            if (host->major != 1 || host->oldest_minor > 0) { \\
                host->refusal->sentence.data = "another ABI"; \\
                host->refusal->sentence.count = 11; \\
                return 0; \\
            }
        #endif
        #ifndef EXTRA
        #define EXTRA
        #endif
        #ifndef NOTED
        #define NOTED "1.0.0"
        #endif
        DSOTP_NOTE("org.example.x", NOTED, "");
        EXTRA
        static void *loiter(void *nothing) { pause(); return nothing; }
        static void *used[] = {(void *)loiter};
        static dsotp_status create(const dsotp_host *h, dsotp_host_bytes n, dsotp_instance *i, dsotp_error *e) {
            (void)h; (void)n; (void)e; (void)used; *i = malloc(16); CREATE return 0; }
        static dsotp_status configure(dsotp_instance i, const dsotp_configuration *c, dsotp_error *e) { (void)i; (void)c; (void)e; CONFIGURE return 0; }
        static dsotp_status start(dsotp_instance i, dsotp_error *e) { (void)i; (void)e; START return 0; }
        static dsotp_status stop(dsotp_instance i, dsotp_error *e) { (void)i; (void)e; STOP return 0; }
        static void destroy(dsotp_instance i) { free(i); }
        static dsotp_status on_messages(dsotp_instance i, const dsotp_message_batch *b, dsotp_error *e) { (void)i; (void)b; (void)e; MESSAGES return 0; }
        static dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start,
            .on_messages = on_messages, .stop = stop, .destroy = destroy};
        static dsotp_module module = {.size = sizeof module, .abi_major = 1, .identifier = TEXT("org.example.x"),
            .version = TEXT("1.0.0"), .service = &service};
        const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { REFUSE return &module; }

        """

    /// The status and sentence of one test of a library compiled with these macros.
    /// - Parameter patience: seconds within which a test is to come back; a busy machine is no fault of the library.
    private func verdict(of test: String, _ macros: [String], patience: Int = 60) throws -> (status: String, sentence: String, exit: Int32) {
        let workspace = try Workspace()
        let definitions = macros.map { "#define \($0)\n" }.joined()
        let library = try workspace.write("libx.so", try CLibrary.compile(definitions + Self.prelude, ["-D_GNU_SOURCE", "-pthread"]), mode: 0o755)
        let outcome = try Dsotp.run(["plugin", "validate", library, "--json", "--test", test, "--patience", "\(patience)"])
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let first = try #require((document?["tests"] as? [[String: String]])?.first, "\(outcome.output)\(outcome.complaint)")
        return (first["status"] ?? "", first["sentence"] ?? "", outcome.status)
    }

    @Test("A library without a fault passes every test that it can be put to")
    func sound() throws {
        let workspace = try Workspace()
        let library = try workspace.write("libx.so", try CLibrary.compile(Self.prelude, ["-D_GNU_SOURCE", "-pthread"]), mode: 0o755)
        let outcome = try Dsotp.run(["plugin", "validate", library])
        #expect(outcome.status == 0 && !outcome.output.contains("failed ") && !outcome.output.contains("crashed "), "\(outcome.output)")
    }

    @Test(
        "A fault is found by the test that is for it, and contained",
        arguments: [
            ("leak", "CREATE if (!malloc(100)) return -5;", "failed", "bytes are left behind by each life"),
            ("odd-messages", "MESSAGES *(volatile int *)8 = 1;", "crashed", "by signal 11"),
            ("odd-messages", "MESSAGES return -13;", "failed", "without a sentence for a person"),
            ("restart-leak", "START if (!malloc(100)) return -5;", "failed", "bytes are left behind by each restart"),
            ("states", "CONFIGURE static int times; if (c->validate_only == 0 && times++) abort();", "crashed", "by signal 6"),
            ("instances", "CREATE static int made; if (++made > 8) abort();", "crashed", "by signal 6"),
            ("flood", "MESSAGES if (b->count == 1000) abort();", "crashed", "by signal 6"),
            ("fuzz", "MESSAGES if (b->count == 100 && dsotp_message_at(b, 99)->sequence > 5000) *(volatile int *)8 = 1;", "crashed", "by signal 11"),
            ("life", "START exit(3);", "crashed", "with exit code 3"),
            ("life", "START for (;;) pause();", "crashed", "did not come back within 3 s"),
            ("life", "CREATE h->get_extension(h, (dsotp_plugin_bytes)TEXT(\"dsotp.log/1\"));", "failed", "get_extension is called outside of the time from configure to stop"),
            ("life", "START for (int d = 0; d < 300; d++) close(d);", "crashed", "before the test was over"),
            ("entry", "EXTRA __attribute__((constructor)) static void boom(void) { abort(); }", "crashed", "by signal 6"),
            ("threads-and-files", "START pthread_t t; pthread_create(&t, 0, loiter, 0);", "failed", "8 threads are left"),
            ("threads-and-files", "START if (dup(0) < 0) return -7;", "failed", "8 files are left open"),
            ("other-major", "REFUSE", "failed", "it gives a module to a host of ABI 2.0 to 2.9"),
            ("dropped-minor", "REFUSE if (host->oldest_minor > 0) return 0;", "failed", "refuses without a sentence"),
            ("larger-host", "REFUSE if (host->size != sizeof *host) return 0;", "failed", "is longer than its own"),
            ("identity-note", "NOTED \"2.0.0\"", "failed", "the note says"),
            ("exports", "EXTRA int visible(void); int visible(void) { return 1; }", "warning", "visible"),
            (
                "refusal-ownership",
                "CONFIGURE char *s = malloc(64); memcpy(s, \"no\", 2); e->sentence = (dsotp_owned_bytes){s, 2, 0, 0}; return -11;", "failed",
                "bytes are left behind by each refusal"
            ),
            (
                "refusal-ownership",
                "CONFIGURE char *s = malloc(64); memcpy(s, \"no\", 2); e->sentence = (dsotp_owned_bytes){s, 2, free, s}; return -11;", "passed",
                "nothing is left behind"
            ),
            (
                "refusal-ownership",
                "CONFIGURE char *s = malloc(64); memcpy(s, \"no\", 2); free(s); e->sentence = (dsotp_owned_bytes){s, 2, free, s}; return -11;", "crashed",
                "by signal 6"
            ),
        ])
    func faults(test: String, macro: String, status: String, sentence: String) throws {
        let found = try verdict(of: test, [macro], patience: sentence.contains("did not come back") ? 3 : 60)
        #expect(found.status == status && found.sentence.contains(sentence), "\(found)")
        #expect(found.exit == (status == "failed" || status == "crashed" ? 1 : 0))
    }

    @Test("A thread that uses the host after stop is found")
    func lateThread() throws {
        let found = try verdict(
            of: "threads",
            [
                "EXTRA static const dsotp_host *theirs; static void *late(void *n) { usleep(50000); theirs->get_extension(theirs, (dsotp_plugin_bytes)TEXT(\"dsotp.log/1\")); return n; }",
                "CREATE theirs = h;", "STOP pthread_t t; pthread_create(&t, 0, late, 0); pthread_detach(t);",
            ])
        #expect(found.status == "failed" && found.sentence.contains("after stop had returned: get_extension is called outside"), "\(found)")
    }

    @Test("A thread that calls a function which belongs to the service's own is found")
    func foreignThread() throws {
        let found = try verdict(
            of: "threads",
            [
                "EXTRA static const dsotp_host *theirs; static const dsotp_config *table; static void *other(void *n) { uint64_t c; table->get_count(theirs, (dsotp_plugin_bytes){0, 0}, &c, 0); return n; }",
                "CREATE theirs = h;",
                "START table = theirs->get_extension(theirs, (dsotp_plugin_bytes)TEXT(\"dsotp.config/1\")); pthread_t t; pthread_create(&t, 0, other, 0); pthread_join(t, 0);",
            ])
        #expect(found.status == "failed" && found.sentence.contains("from a thread other than the service's own"), "\(found)")
    }

    @Test("Every kind of test that authors are promised is there, with its sentence")
    func promised() throws {
        let names = try Dsotp.run(["plugin", "validate", "none", "--list"]).output.split(separator: "\n").map { $0.split(separator: ":").first.map(String.init) ?? "" }
        for name in [
            "entry", "newer-minor", "dropped-minor", "other-major", "larger-host", "refusal-ownership", "threads", "threads-and-files", "states", "life",
            "bad-configuration", "flood", "fuzz", "leak", "restart-leak",
        ] { #expect(names.contains(name), "\(name)") }
    }

    @Test("The tests are listed with what they look at, and an unknown one is refused")
    func names() throws {
        let list = try Dsotp.run(["plugin", "validate", "none", "--list"])
        #expect(list.status == 0 && list.output.split(separator: "\n").count >= 20 && list.output.contains("leak: 1,000 times"))
        let unknown = try Dsotp.run(["plugin", "validate", "none", "--test", "x"])
        #expect(unknown.status == 1 && unknown.complaint.contains("there is no test 'x'"))
    }
}

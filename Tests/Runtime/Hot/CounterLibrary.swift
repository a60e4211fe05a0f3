import Foundation
import Testing

@testable import Runtime

/// Builds of a service in C that counts its messages and hands the count on. What it publishes to `out/count` is `<version>:<count>`.
enum CounterLibrary {
    /// Compiled builds by their options: each is compiled once for all tests.
    private static let built = BuiltLibraries()

    private actor BuiltLibraries {
        private var files: [String: Data] = [:]

        func library(_ options: [String]) throws -> Data {
            let key = options.joined(separator: " ")
            if let known = files[key] { return known }
            let folder = try TemporaryFolder()
            try CLibrary.compile(source, name: "counter", into: folder.path, arguments: options.map { "-D\($0)" })
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/libcounter.so"))
            files[key] = data
            return data
        }
    }

    /// The bytes of a build: `VERSION=2`, `STATE=2`, `OLDEST=1`, `NO_STATE`, `BROKEN_START`, `CRASH_CONFIGURE`, `FACTOR=10`,
    /// `START=2` (seconds; says `out/late` after).
    static func build(_ options: String...) async throws -> Data { try await built.library(options) }

    private static let source = #"""
        #include "dsotp.h"
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        #ifndef VERSION
        #define VERSION 1
        #endif
        #ifndef STATE
        #define STATE 1
        #endif
        #ifndef OLDEST
        #define OLDEST STATE
        #endif
        #ifndef FACTOR
        #define FACTOR 1
        #endif
        #define QUOTE_(x) #x
        #define QUOTE(x) QUOTE_(x)

        typedef struct counter { const dsotp_host *host; int64_t count; int64_t step; } counter;

        static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }
        static const void *extension(counter *c, const char *name) { return c->host->get_extension(c->host, text(name)); }
        static dsotp_status fail(dsotp_error *e, dsotp_status status, const char *sentence) {
            if (e) { e->status = status; e->sentence = (dsotp_owned_bytes){sentence, strlen(sentence), NULL, NULL}; }
            return status;
        }
        static void say(counter *c, const char *topic, const char *payload) {
            const dsotp_databus *databus = extension(c, DSOTP_EXT_DATABUS);
            dsotp_publication p = {.size = sizeof p, .qos = 1, .topic = text(topic), .payload = text(payload)};
            databus->publish(c->host, &p, 1, sizeof p, NULL, NULL);
        }
        static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *i, dsotp_error *e) {
            (void)name; (void)e;
            counter *c = calloc(1, sizeof *c);
            c->host = host;
            *i = c;
            return DSOTP_OK;
        }
        static dsotp_status configure(dsotp_instance i, const dsotp_configuration *configuration, dsotp_error *e) {
            counter *c = i;
            (void)configuration;
        #ifdef CRASH_CONFIGURE
            *(volatile int *)8 = 1;
        #endif
            const dsotp_config *config = extension(c, DSOTP_EXT_CONFIG);
            int64_t step = 1;
            if (config->get_integer(c->host, text("step"), &step, NULL) == DSOTP_INVALID_CONFIGURATION || step < 1)
                return fail(e, DSOTP_INVALID_CONFIGURATION, "'step' must be a whole number above 0");
            c->step = step;
            return DSOTP_OK;
        }
        static dsotp_status start(dsotp_instance i, dsotp_error *e) {
            (void)i; (void)e;
        #ifdef START
            sleep(START);
            say(i, "out/late", "");
        #endif
        #ifdef BROKEN_START
            return fail(e, DSOTP_INTERNAL, "the meter is not there");
        #else
            return DSOTP_OK;
        #endif
        }
        static dsotp_status on_messages(dsotp_instance i, const dsotp_message_batch *batch, dsotp_error *e) {
            (void)e;
            counter *c = i;
            for (uint32_t n = 0; n < batch->count; n++) {
                const dsotp_message *message = dsotp_message_at(batch, n);
                c->count += c->step;
                char line[96], value[96];
                snprintf(line, sizeof line, "%d:%lld", VERSION, (long long)c->count);
                say(c, "out/count", line);
                snprintf(line, sizeof line, "%u %.*s", message->subscription, (int)message->payload.count, (const char *)message->payload.data);
                say(c, "out/seen", line);
                snprintf(value, sizeof value, "{\"at\":%d,\"value\":%lld}", VERSION, (long long)(FACTOR * atoll(line + 2)));
                say(c, "out/value", value);
            }
            return DSOTP_OK;
        }
        static dsotp_status stop(dsotp_instance i, dsotp_error *e) { (void)i; (void)e; return DSOTP_OK; }
        static void destroy(dsotp_instance i) { free(i); }
        static dsotp_status save(dsotp_instance i, dsotp_owned_bytes *state, dsotp_error *e) {
            (void)e;
            int64_t *copy = malloc(sizeof *copy);
            *copy = ((counter *)i)->count;
            *state = (dsotp_owned_bytes){copy, sizeof *copy, free, copy};
            return DSOTP_OK;
        }
        static dsotp_status load(dsotp_instance i, uint32_t version, dsotp_host_bytes state, dsotp_error *e) {
            if (version < OLDEST || version > STATE || state.count != sizeof(int64_t)) return fail(e, DSOTP_INVALID_ARGUMENT, "that is not my state");
            memcpy(&((counter *)i)->count, state.data, sizeof(int64_t));
            return DSOTP_OK;
        }
        static const dsotp_state state = {.size = sizeof state, .version = STATE, .oldest_version = OLDEST, .save = save, .load = load};
        static const void *get_extension(dsotp_instance i, dsotp_host_bytes identifier) {
            (void)i;
        #ifdef NO_STATE
            (void)identifier;
            return NULL;
        #else
            return identifier.count == strlen(DSOTP_EXT_STATE) && !memcmp(identifier.data, DSOTP_EXT_STATE, identifier.count) ? &state : NULL;
        #endif
        }
        static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start,
            .on_messages = on_messages, .stop = stop, .destroy = destroy, .get_extension = get_extension};

        const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
            (void)host;
            static dsotp_module module;
            module = (dsotp_module){.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR,
                .identifier = text("org.example.counter"), .version = text(QUOTE(VERSION) ".0.0"), .summary = text("Counts"), .service = &service};
            return &module;
        }
        """#
}

/// Trusts every library, and lends a copy named by its content as the host does.
struct CopyingTrust: LibraryTrust {
    let folder: String

    func admit(_ candidate: LibraryCandidate) throws(LibraryRefusal) -> AdmittedLibrary {
        guard let bytes = try? HostFiles.read(candidate.path) else { throw .untrusted("\(candidate.path) can't be read") }
        let digest = SHA256.digest(of: bytes)
        let own = "\(folder)/\(digest.dropFirst(7))"
        let copy = "\(own)/\(URL(fileURLWithPath: candidate.path).lastPathComponent)"
        do {
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
            if !FileManager.default.fileExists(atPath: copy) { try Data(bytes).write(to: URL(fileURLWithPath: copy), options: .atomic) }
        } catch {
            throw .untrusted("\(error)")
        }
        return AdmittedLibrary(path: copy, digest: digest, identity: nil)
    }
}

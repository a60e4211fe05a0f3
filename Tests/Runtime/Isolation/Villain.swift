import Foundation

@testable import Runtime

/// A service in C that does to its process what the payload of a message says, and echoes everything else with QoS 1.
enum Villain {
    /// A folder with `libvillain.so`, compiled once for all tests. It stays until the process ends.
    static let library: Result<TemporaryFolder, any Error> = Result {
        let folder = try TemporaryFolder()
        try CLibrary.compile(source, name: "villain", into: folder.path, arguments: ["-lstdc++"])
        return folder
    }

    private static let source = #"""
        #include "dsotp.h"
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/wait.h>
        #include <unistd.h>

        void _ZSt17__throw_bad_allocv(void);

        // Each instance has one thread.
        static _Thread_local const dsotp_host *host;
        static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }

        static dsotp_status publish(const char *topic, const void *data, uint64_t count) {
            const dsotp_databus *databus = host->get_extension(host, text(DSOTP_EXT_DATABUS));
            dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text(topic), .payload = {data, count}};
            return databus->publish(host, &publication, 1, sizeof publication, NULL, NULL);
        }

        static void say_number(const char *topic, long long number) {
            char line[32];
            publish(topic, line, (uint64_t)snprintf(line, sizeof line, "%lld", number));
        }

        static dsotp_status create(const dsotp_host *given, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
            (void)name; (void)error;
            host = given;
            *instance = (void *)given;
            return DSOTP_OK;
        }
        static dsotp_status configure(dsotp_instance i, const dsotp_configuration *c, dsotp_error *e) { (void)i; (void)c; (void)e; return DSOTP_OK; }
        static dsotp_status start(dsotp_instance i, dsotp_error *e) {
            (void)i; (void)e;
            const dsotp_config *config = host->get_extension(host, text(DSOTP_EXT_CONFIG));
            dsotp_host_bytes mode;
            if (config->get_text(host, text("mode"), &mode, NULL) == DSOTP_OK && mode.count == 5 && !memcmp(mode.data, "abort", 5)) abort();
            return DSOTP_OK;
        }

        static void act(const char *order) {
            if (!strcmp(order, "segv")) *(volatile int *)8 = 1;
            if (!strcmp(order, "abort")) { fprintf(stderr, "the villain gives up\n"); abort(); }
            if (!strcmp(order, "exit")) exit(7);
            if (!strcmp(order, "trap")) __builtin_trap();
            if (!strcmp(order, "hang")) for (;;) pause();
            if (!strcmp(order, "throw")) _ZSt17__throw_bad_allocv();
            if (!strcmp(order, "close")) for (int fd = 0; fd < 10; fd++) close(fd);
            if (!strcmp(order, "memory"))
                for (;;) {
                    char *taken = malloc(8 << 20);
                    if (!taken) continue;
                    memset(taken, 1, 8 << 20);
                    usleep(2000);
                }
            if (!strcmp(order, "fork")) {
                pid_t child = fork();
                if (child == 0) for (;;) pause();
                say_number("out/child", child);
            }
            if (!strcmp(order, "flood")) {
                int refused = 0;
                for (int i = 0; i < 200; i++) refused += publish("out/flood", "x", 1) == DSOTP_LIMIT_REACHED;
                say_number("out/refused", refused);
            }
            if (!strcmp(order, "lie")) {
                const dsotp_databus *databus = host->get_extension(host, text(DSOTP_EXT_DATABUS));
                dsotp_publication small = {.size = 4, .topic = text("out/lie")};
                say_number("out/lie", databus->publish(host, &small, 1, sizeof small, NULL, NULL));
                say_number("out/lie", databus->publish(host, &small, 1ull << 60, sizeof small, NULL, NULL));
                say_number("out/lie", databus->publish(host, &small, 1, 3, NULL, NULL));
                say_number("out/lie", publish("secret/x", "x", 1));
            }
            if (!strcmp(order, "pid")) say_number("out/pid", getpid());
        }

        static dsotp_status on_messages(dsotp_instance i, const dsotp_message_batch *batch, dsotp_error *e) {
            (void)i;
            for (uint32_t n = 0; n < batch->count; n++) {
                const dsotp_message *message = dsotp_message_at(batch, n);
                char order[64] = {0};
                memcpy(order, message->payload.data, message->payload.count < 63 ? message->payload.count : 63);
                if (!strcmp(order, "nonsense")) {
                    // The text of the error is nowhere, its size is a lie, and there is no such status.
                    if (e) e->sentence = (dsotp_owned_bytes){"never read", 1ull << 62, NULL, NULL};
                    return -77777;
                }
                if (!strcmp(order, "stumble")) {
                    if (!message->duplicate) abort();
                    return DSOTP_INTERNAL;
                }
                act(order);
                if (publish(message->duplicate ? "out/again" : "out/echo", message->payload.data, message->payload.count) != DSOTP_OK)
                    return DSOTP_INTERNAL;
            }
            return DSOTP_OK;
        }
        static dsotp_status stop(dsotp_instance i, dsotp_error *e) { (void)i; (void)e; return DSOTP_OK; }
        static void destroy(dsotp_instance i) { (void)i; }

        static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start,
            .on_messages = on_messages, .stop = stop, .destroy = destroy};

        const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *abi) {
            (void)abi;
            static dsotp_module module;
            module = (dsotp_module){.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR,
                .identifier = text("org.example.villain"), .version = text("6.6.6"), .summary = text("For tests"), .service = &service};
            return &module;
        }
        """#
}

/// The program that the tests' services run in, which the build puts beside the tests.
enum TestRunner {
    static let launch: RunnerLaunch = {
        let folders = [Bundle.main.bundlePath, Bundle.main.executableURL?.deletingLastPathComponent().path ?? ""]
        let found = folders.map { "\($0)/RuntimeRunner" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return RunnerLaunch(executable: found ?? "RuntimeRunner", arguments: [])
    }()
}

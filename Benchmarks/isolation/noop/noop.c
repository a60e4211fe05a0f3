/*
 * A service that does nothing with its messages but look at the time: the first eight bytes of a payload say when it was handed over
 * (CLOCK_MONOTONIC, ns), 0 for a message that is not to be looked at. A message on `report` makes it publish the latencies so far on
 * `latencies`, as 8-byte numbers of nanoseconds, and begin anew.
 */
#define _GNU_SOURCE
#include "dsotp.h"

#include <string.h>
#include <time.h>

enum { KEPT = 1 << 20 };

static const dsotp_host *host;
static uint32_t kept;
static uint64_t latencies[KEPT];

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }

static void report(void) {
    const dsotp_databus *databus = host->get_extension(host, text(DSOTP_EXT_DATABUS));
    dsotp_publication publication = {.size = sizeof publication, .topic = text("latencies"), .payload = {latencies, kept * sizeof *latencies}};
    databus->publish(host, &publication, 1, sizeof publication, NULL, NULL);
    kept = 0;
}

static dsotp_status create(const dsotp_host *given, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    (void)name, (void)error;
    host = given;
    *instance = (dsotp_instance)(uintptr_t)given;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    (void)instance, (void)configuration, (void)error;
    return DSOTP_OK;
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    (void)instance, (void)error;
    return DSOTP_OK;
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    (void)instance, (void)error;
    uint64_t arrived = now();
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        uint64_t sent;
        memcpy(&sent, message->payload.data, sizeof sent);
        if (message->topic.count == 6) report();
        else if (sent && kept < KEPT) latencies[kept++] = arrived - sent;
    }
    return DSOTP_OK;
}

static void destroy(dsotp_instance instance) { (void)instance; }

#define TEXT(literal) {literal, sizeof literal - 1}

static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start,
                                      .on_messages = on_messages, .stop = start, .destroy = destroy};

static const dsotp_module module = {
    .size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR, .identifier = TEXT("org.dsotp.benchmark.noop"),
    .version = TEXT("1.0.0"), .summary = TEXT("Looks at the time"), .service = &service,
};

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *abi) {
    (void)abi;
    return &module;
}

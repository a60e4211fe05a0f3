/* A service of ABI 1.0 that has only what it must: no extension but the databus, every optional callback but on_messages missing.
 * It publishes each message to out/minimal, with all that the host says of it. Frozen: see ../README.md. */
#include "dsotp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct minimal {
    const dsotp_host *host;
    const dsotp_databus *databus;
};

static dsotp_plugin_bytes text(const char *text) {
    dsotp_plugin_bytes bytes = {text, strlen(text)};
    return bytes;
}

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *made, dsotp_error *error) {
    struct minimal *minimal = calloc(1, sizeof *minimal);
    (void)name;
    (void)error;
    if (minimal == NULL || !DSOTP_HAS(host, get_extension)) return DSOTP_INTERNAL;
    minimal->host = host;
    *made = minimal;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    struct minimal *minimal = instance;
    (void)error;
    if (!DSOTP_HAS(configuration, json) || configuration->json.count < 2) return DSOTP_INVALID_CONFIGURATION;
    minimal->databus = minimal->host->get_extension(minimal->host, text(DSOTP_EXT_DATABUS));
    return minimal->databus != NULL && DSOTP_HAS(minimal->databus, publish) ? DSOTP_OK : DSOTP_UNSUPPORTED;
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    (void)instance;
    (void)error;
    return DSOTP_OK;
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    struct minimal *minimal = instance;
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        char line[256];
        if (!DSOTP_HAS(message, reserved)) return DSOTP_INTERNAL;
        snprintf(
            line, sizeof line, "%llu %.*s %.*s qos %u retained %u subscription %u received %s", (unsigned long long)message->sequence,
            (int)message->topic.count, (const char *)message->topic.data, (int)message->payload.count, (const char *)message->payload.data,
            message->qos, message->retained, message->subscription, message->received > 0 ? "yes" : "no");
        dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text("out/minimal"), .payload = text(line)};
        dsotp_status status =
            minimal->databus->publish(minimal->host, &publication, 1, sizeof publication, NULL, error);
        if (status != DSOTP_OK) return status;
    }
    return DSOTP_OK;
}

static void destroy(dsotp_instance instance) { free(instance); }

static const dsotp_service service = {
    .size = sizeof service, .create = create, .configure = configure, .start = start, .on_messages = on_messages, .stop = start, .destroy = destroy};

#define TEXT(literal) {literal, sizeof literal - 1}

static const dsotp_module module = {
    .size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR, .identifier = TEXT("org.example.frozen.minimal"),
    .version = TEXT("1.0.0"), .service = &service};

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { return host->major == 1 && host->oldest_minor == 0 ? &module : NULL; }

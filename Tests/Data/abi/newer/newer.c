/* A service built against the headers of a minor that is one newer than the host's: see README.md. */
#include "dsotp.h"

#include <stdlib.h>
#include <string.h>

enum { NEWER_MINOR = DSOTP_ABI_MINOR + 1 };

/* What the headers of that minor would have at the end of their structs. */
typedef struct newer_publication {
    dsotp_publication known;
    dsotp_time expires;
    uint64_t reserved;
} newer_publication;

typedef struct newer_databus {
    dsotp_databus known;
    dsotp_status (*publish_later)(const dsotp_host *host, const newer_publication *publications, dsotp_time when);
} newer_databus;

typedef struct newer_service {
    dsotp_service known;
    dsotp_status (*on_weather)(dsotp_instance instance, const void *forecast);
} newer_service;

typedef struct newer_module {
    dsotp_module known;
    dsotp_plugin_bytes vendor;
} newer_module;

#define TEXT(literal) {literal, sizeof literal - 1}

struct newer {
    const dsotp_host *host;
    const newer_databus *databus;
    int has_weather;
};

static dsotp_plugin_bytes text(const char *text) {
    dsotp_plugin_bytes bytes = {text, strlen(text)};
    return bytes;
}

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *made, dsotp_error *error) {
    struct newer *newer = calloc(1, sizeof *newer);
    (void)name;
    (void)error;
    if (newer == NULL) return DSOTP_LIMIT_REACHED;
    newer->host = host;
    *made = newer;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    struct newer *newer = instance;
    (void)configuration;
    (void)error;
    newer->databus = newer->host->get_extension(newer->host, text(DSOTP_EXT_DATABUS));
    newer->has_weather = newer->host->get_extension(newer->host, text("dsotp.weather/1")) != NULL;
    return newer->databus != NULL ? DSOTP_OK : DSOTP_UNSUPPORTED;
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    (void)instance;
    (void)error;
    return DSOTP_OK;
}

/* Answers with two publications, in structs that are longer than the host knows. */
static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    struct newer *newer = instance;
    int has_later = newer->databus->known.size >= sizeof(newer_databus);
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        newer_publication publications[2];
        memset(publications, 0xEE, sizeof publications);
        for (int k = 0; k < 2; k++) {
            dsotp_publication known = {.size = sizeof publications[k], .qos = 1, .topic = text("out/newer")};
            publications[k].known = known;
        }
        publications[0].known.payload = text(
            has_later ? "with publish_later" : newer->has_weather ? "with weather" : "as far as the host offers");
        publications[1].known.payload = (dsotp_plugin_bytes){message->payload.data, message->payload.count};
        dsotp_status status =
            newer->databus->known.publish(newer->host, &publications[0].known, 2, sizeof publications[0], NULL, error);
        if (status != DSOTP_OK) return status;
    }
    return DSOTP_OK;
}

static dsotp_status on_weather(dsotp_instance instance, const void *forecast) {
    (void)instance;
    (void)forecast;
    abort();
}

static void destroy(dsotp_instance instance) { free(instance); }

static const newer_service service = {
    .known = {.size = sizeof service, .create = create, .configure = configure, .start = start, .on_messages = on_messages, .stop = start,
              .destroy = destroy},
    .on_weather = on_weather};

/* One module for each minor that it can speak. */
#define MODULE(minor) \
    {.known = {.size = sizeof(newer_module), .abi_major = DSOTP_ABI_MAJOR, .abi_minor = minor, .identifier = TEXT("org.example.newer"), \
               .version = TEXT("2.0.0"), .service = &service.known}, \
     .vendor = TEXT("a vendor of tomorrow")}

static const newer_module ours = MODULE(NEWER_MINOR), reduced = MODULE(DSOTP_ABI_MINOR);

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
    (void)reduced;
#if defined(IGNORES)
    (void)host;
    return &ours.known;
#else
    if (host->newest_minor >= NEWER_MINOR) return &ours.known;
#if defined(INSISTS)
    static const char sentence[] = "it needs the weather, which came with the next minor of the ABI: use a newer host";
    host->refusal->status = DSOTP_VERSION_MISMATCH;
    host->refusal->sentence = (dsotp_owned_bytes){sentence, sizeof sentence - 1, NULL, NULL};
    return NULL;
#else
    return &reduced.known;
#endif
#endif
}

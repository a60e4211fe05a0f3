/*
 * A service that writes down when it works, on a clock that all hosts of a test share, in the file that DSOTP_RECORD names with the service's
 * name behind. Every 50 ms it publishes to ticks/<service>; what it hears, it writes down too, with "again" if it may have been delivered before.
 */
#include "dsotp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct recorder {
    const dsotp_host *host;
    FILE *file;
    char name[64], topic[80];
    unsigned beats;
};

static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }

static void note(struct recorder *self, const char *what) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(self->file, "%lld %s\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec, what);
    fflush(self->file);
}

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    (void)error;
    struct recorder *self = calloc(1, sizeof *self);
    self->host = host;
    snprintf(self->name, sizeof self->name, "%.*s", (int)name.count, (const char *)name.data);
    snprintf(self->topic, sizeof self->topic, "ticks/%s", self->name);
    *instance = (dsotp_instance)self;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    (void)instance, (void)configuration, (void)error;
    return DSOTP_OK;
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    struct recorder *self = (struct recorder *)instance;
    char path[512];
    snprintf(path, sizeof path, "%s-%s", getenv("DSOTP_RECORD"), self->name);
    if (!(self->file = fopen(path, "a"))) return DSOTP_INPUT_OUTPUT;
    note(self, "start");
    const dsotp_timer *timers = self->host->get_extension(self->host, text(DSOTP_EXT_TIMER));
    return timers->set(self->host, 1, 0, 50000000, error);
}

static dsotp_status on_timer(dsotp_instance instance, uint64_t timer, dsotp_time now, dsotp_error *error) {
    (void)timer, (void)now, (void)error;
    struct recorder *self = (struct recorder *)instance;
    char payload[32];
    snprintf(payload, sizeof payload, "%u", ++self->beats);
    const dsotp_databus *databus = self->host->get_extension(self->host, text(DSOTP_EXT_DATABUS));
    dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text(self->topic), .payload = text(payload)};
    uint64_t taken = 0;
    databus->publish(self->host, &publication, 1, sizeof publication, &taken, NULL);
    note(self, taken ? "beat" : "refused");
    return DSOTP_OK;
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    (void)error;
    struct recorder *self = (struct recorder *)instance;
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        char line[128];
        snprintf(line, sizeof line, "heard %.*s%s", (int)message->payload.count, (const char *)message->payload.data, message->duplicate ? " again" : "");
        note(self, line);
    }
    return DSOTP_OK;
}

static dsotp_status stop(dsotp_instance instance, dsotp_error *error) {
    (void)error;
    note((struct recorder *)instance, "stop");
    return DSOTP_OK;
}

static void destroy(dsotp_instance instance) {
    struct recorder *self = (struct recorder *)instance;
    if (self->file) fclose(self->file);
    free(self);
}

#define TEXT(s) {s, sizeof s - 1}
static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start, .on_messages = on_messages,
                                      .on_timer = on_timer, .stop = stop, .destroy = destroy};
static const dsotp_module module = {.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR,
    .identifier = TEXT("org.example.recorder"), .version = TEXT("1.0.0"), .summary = TEXT("Writes down when it works"), .service = &service};
const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { (void)host; return &module; }

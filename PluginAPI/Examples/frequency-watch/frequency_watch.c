/**
 * The example of a service in C: watches the grid frequency that devices publish.
 *
 * Takes messages on `measurements/frequency/<device>` whose payload is the frequency in hertz as a decimal number, `49.982`.
 * Publishes a retained message to `alarms/frequency/<device>` when a device's frequency leaves the band or comes back, and when
 * a device falls silent. `GET /devices` lists the devices; the metric `alarms_total` counts the alarms.
 *
 * Configuration, all optional: `lowest_hertz` (49.8), `highest_hertz` (50.2), `silent_after_seconds` (30).
 *
 * Build: `make` in this folder. To make a service of your own of it, copy the folder to where you like, and tell `make` where the
 * PluginAPI folder with the headers and exports.map is:
 *
 *     cp -r PluginAPI/Examples/frequency-watch ../my-watch
 *     make -C ../my-watch DSOTP="$PWD/PluginAPI"
 *
 * Try it: copy the library beside the `dsotp` executable, frequency-watch.yaml into the site's services/ folder, start the site, and
 *
 *     mosquitto_pub -p 1883 -u admin -P admin -t measurements/frequency/feeder-7 -m 49.7
 *     mosquitto_sub -p 1883 -u admin -P admin -t 'alarms/frequency/#' -v -C 1
 *
 * Read on in CPluginAPI/dsotp.h.
 */
#include "dsotp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEVICES = 256, LONGEST_NAME = 63, SILENCE_TIMER = 1, DEVICES_ROUTE = 1 };

/** The states of a device, as they stand in alarms. */
static const char *const state_names[] = {"normal", "low", "high", "silent"};
enum state { NORMAL, LOW, HIGH, SILENT };

struct device {
    char name[LONGEST_NAME + 1];
    double hertz;
    dsotp_time heard;
    enum state state;
};

/** One instance of the service. The host calls it on one thread, so that nothing here needs a lock. */
struct watch {
    const dsotp_host *host;
    /* The host's tables, asked for once. They live as long as the host. */
    const dsotp_log *log;
    const dsotp_clock *clock;
    const dsotp_config *config;
    const dsotp_databus *databus;
    const dsotp_http *http;
    const dsotp_metrics *metrics;
    const dsotp_timer *timer;

    double lowest_hertz;
    double highest_hertz;
    double silent_after_seconds;
    uint64_t alarms_total;
    struct device devices[MOST_DEVICES];
    uint32_t device_count;
};

/** Lends a text of ours to the host. */
static dsotp_plugin_bytes text(const char *text) {
    dsotp_plugin_bytes bytes = {text, strlen(text)};
    return bytes;
}

/** Fills the caller's error with a sentence. A constant text needs no release. */
static dsotp_status fail(dsotp_error *error, dsotp_status status, const char *sentence) {
    if (error != NULL && DSOTP_HAS(error, sentence)) {
        error->status = status;
        error->retryable = 0;
        error->sentence.data = sentence;
        error->sentence.count = strlen(sentence);
        error->sentence.release = NULL;
        error->sentence.owner = NULL;
    }
    return status;
}

static dsotp_status watch_create(
    const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    (void)name;
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) return fail(error, DSOTP_LIMIT_REACHED, "there is no memory for the service");
    /* The host may be kept here but not called before `configure`. */
    watch->host = host;
    *instance = watch;
    return DSOTP_OK;
}

static void watch_destroy(dsotp_instance instance) { free(instance); }

/** Asks the host for a table, and makes sure that it reaches as far as this file uses it. */
#define FIND(watch, table, type, identifier, last_member)                                                                 \
    ((watch)->table = (const type *)(watch)->host->get_extension((watch)->host, text(identifier)),                        \
     (watch)->table != NULL && DSOTP_HAS((watch)->table, last_member))

static int find_extensions(struct watch *watch) {
    return FIND(watch, log, dsotp_log, DSOTP_EXT_LOG, write) && FIND(watch, clock, dsotp_clock, DSOTP_EXT_CLOCK, now) &&
           FIND(watch, config, dsotp_config, DSOTP_EXT_CONFIG, get_number) &&
           FIND(watch, databus, dsotp_databus, DSOTP_EXT_DATABUS, publish) &&
           FIND(watch, http, dsotp_http, DSOTP_EXT_HTTP, respond) &&
           FIND(watch, metrics, dsotp_metrics, DSOTP_EXT_METRICS, add) &&
           FIND(watch, timer, dsotp_timer, DSOTP_EXT_TIMER, set);
}

/** Reads an optional number; what is there with another type is an error, which the host has filled. */
static dsotp_status read_number(struct watch *watch, const char *path, double *value, dsotp_error *error) {
    dsotp_error ignored = {.size = sizeof ignored};
    dsotp_status status = watch->config->get_number(watch->host, text(path), value, &ignored);
    if (status == DSOTP_NOT_FOUND || status == DSOTP_OK) {
        /* We own the texts of an error that we received, and release them. */
        if (ignored.sentence.release != NULL) ignored.sentence.release(ignored.sentence.owner);
        if (ignored.detail.release != NULL) ignored.detail.release(ignored.detail.owner);
        return DSOTP_OK;
    }
    if (error != NULL && error->size >= sizeof *error) {
        uint32_t size = error->size;
        *error = ignored;
        error->size = size;
    }
    return status;
}

static dsotp_status watch_configure(
    dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    struct watch *watch = instance;
    if (!find_extensions(watch))
        return fail(error, DSOTP_UNSUPPORTED, "the service needs log, clock, config, databus, http, metrics and timer of the host");

    double lowest = 49.8, highest = 50.2, silent_after = 30;
    dsotp_status status = read_number(watch, "lowest_hertz", &lowest, error);
    if (status == DSOTP_OK) status = read_number(watch, "highest_hertz", &highest, error);
    if (status == DSOTP_OK) status = read_number(watch, "silent_after_seconds", &silent_after, error);
    if (status != DSOTP_OK) return status;
    if (!(lowest > 0 && lowest < highest && highest < 1000))
        return fail(error, DSOTP_INVALID_CONFIGURATION, "lowest_hertz must be above 0 and below highest_hertz");
    if (!(silent_after >= 1 && silent_after <= 86400))
        return fail(error, DSOTP_INVALID_CONFIGURATION, "silent_after_seconds must be from 1 to 86400");
    if (configuration->validate_only) return DSOTP_OK;

    watch->lowest_hertz = lowest;
    watch->highest_hertz = highest;
    watch->silent_after_seconds = silent_after;
    return DSOTP_OK;
}

static dsotp_status watch_start(dsotp_instance instance, dsotp_error *error) {
    struct watch *watch = instance;
    watch->device_count = 0;
    dsotp_status status = watch->metrics->declare(
        watch->host, DSOTP_METRIC_COUNTER, text("alarms_total"), text("Alarms published."), NULL, 0, &watch->alarms_total, error);
    if (status != DSOTP_OK) return status;

    dsotp_route route = {
        .size = sizeof route,
        .route = DEVICES_ROUTE,
        .method = text("GET"),
        .path = text("/devices"),
        .least_role = DSOTP_ROLE_VIEWER,
        .operation = text("{\"summary\": \"The devices with their last frequency and state.\"}"),
    };
    status = watch->http->add_route(watch->host, &route, error);
    if (status != DSOTP_OK) return status;

    const dsotp_duration second = 1000000000;
    return watch->timer->set(watch->host, SILENCE_TIMER, watch->clock->now(watch->host) + second, second, error);
}

static dsotp_status watch_stop(dsotp_instance instance, dsotp_error *error) {
    /* Routes and timers end by themselves; this service has no threads and no files. */
    (void)instance;
    (void)error;
    return DSOTP_OK;
}

/** Changes a device's state and publishes that, retained, so that who subscribes later knows it too. */
static dsotp_status change_state(struct watch *watch, struct device *device, enum state state, dsotp_error *error) {
    char topic[sizeof "alarms/frequency/" + LONGEST_NAME], payload[160];
    snprintf(topic, sizeof topic, "alarms/frequency/%s", device->name);
    snprintf(
        payload, sizeof payload, "{\"state\":\"%s\",\"hertz\":%.6g,\"time_ns\":%lld}", state_names[state], device->hertz,
        (long long)device->heard);
    dsotp_publication publication = {
        .size = sizeof publication, .qos = 1, .retain = 1, .topic = text(topic), .payload = text(payload)};
    dsotp_status status = watch->databus->publish(watch->host, &publication, 1, sizeof publication, NULL, error);
    if (status != DSOTP_OK) return status;
    device->state = state;
    watch->metrics->add(watch->host, watch->alarms_total, 1);
    return DSOTP_OK;
}

/** The device that the last level of a topic names, made if it is new; NULL if there is no room or no valid name. */
static struct device *device_of(struct watch *watch, dsotp_host_bytes topic) {
    const char *begin = topic.data;
    uint64_t start = topic.count;
    while (start > 0 && begin[start - 1] != '/') start--;
    uint64_t length = topic.count - start;
    if (length == 0 || length > LONGEST_NAME) return NULL;
    const char *name = begin + start;
    for (uint64_t i = 0; i < length; i++)
        if (name[i] < ' ' || name[i] == '"' || name[i] == '\\') return NULL;

    for (uint32_t i = 0; i < watch->device_count; i++) {
        struct device *device = &watch->devices[i];
        if (strlen(device->name) == length && memcmp(device->name, name, length) == 0) return device;
    }
    if (watch->device_count == MOST_DEVICES) return NULL;
    struct device *device = &watch->devices[watch->device_count++];
    memset(device, 0, sizeof *device);
    memcpy(device->name, name, length);
    return device;
}

/** Reads a decimal number that fills the whole payload. Texts that cross the ABI do not end with NUL, hence the copy. */
static int read_hertz(dsotp_host_bytes payload, double *hertz) {
    char copy[32];
    if (payload.count == 0 || payload.count >= sizeof copy) return 0;
    memcpy(copy, payload.data, payload.count);
    copy[payload.count] = '\0';
    char *end = NULL;
    *hertz = strtod(copy, &end);
    return end == copy + payload.count && isfinite(*hertz) && *hertz >= 0 && *hertz < 1000;
}

static dsotp_status watch_on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    struct watch *watch = instance;
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        double hertz = 0;
        struct device *device = device_of(watch, message->topic);
        if (device == NULL || !read_hertz(message->payload, &hertz)) {
            dsotp_plugin_pair pair = {text("topic"), {message->topic.data, message->topic.count}};
            watch->log->write(watch->host, DSOTP_LOG_WARNING, text("a message holds no frequency in hertz"), &pair, 1);
            continue;
        }
        device->hertz = hertz;
        device->heard = message->received;
        enum state state = hertz < watch->lowest_hertz ? LOW : hertz > watch->highest_hertz ? HIGH : NORMAL;
        if (state == device->state) continue;
        dsotp_status status = change_state(watch, device, state, error);
        if (status != DSOTP_OK) return status;
    }
    return DSOTP_OK;
}

static dsotp_status watch_on_timer(dsotp_instance instance, uint64_t timer, dsotp_time now, dsotp_error *error) {
    struct watch *watch = instance;
    if (timer != SILENCE_TIMER) return DSOTP_OK;
    for (uint32_t i = 0; i < watch->device_count; i++) {
        struct device *device = &watch->devices[i];
        double silence_seconds = (double)(now - device->heard) * 1e-9;
        if (device->state == SILENT || silence_seconds < watch->silent_after_seconds) continue;
        dsotp_status status = change_state(watch, device, SILENT, error);
        if (status != DSOTP_OK) return status;
    }
    return DSOTP_OK;
}

static dsotp_status watch_on_request(dsotp_instance instance, const dsotp_request *request, dsotp_error *error) {
    struct watch *watch = instance;
    size_t room = 3 + (size_t)watch->device_count * (LONGEST_NAME + 80), used = 0;
    char *body = malloc(room);
    if (body == NULL) return fail(error, DSOTP_LIMIT_REACHED, "there is no memory for the answer");
    used += (size_t)snprintf(body + used, room - used, "[");
    for (uint32_t i = 0; i < watch->device_count; i++) {
        const struct device *device = &watch->devices[i];
        used += (size_t)snprintf(
            body + used, room - used, "%s{\"device\":\"%s\",\"hertz\":%.6g,\"state\":\"%s\"}", i == 0 ? "" : ",", device->name,
            device->hertz, state_names[device->state]);
    }
    used += (size_t)snprintf(body + used, room - used, "]");
    dsotp_response response = {
        .size = sizeof response, .status = 200, .content_type = text("application/json"), .body = {body, used}};
    dsotp_status status = watch->http->respond(watch->host, request->identifier, &response, error);
    free(body);
    return status;
}

static const dsotp_service service = {
    .size = sizeof service,
    .create = watch_create,
    .configure = watch_configure,
    .start = watch_start,
    .on_messages = watch_on_messages,
    .on_request = watch_on_request,
    .on_timer = watch_on_timer,
    .stop = watch_stop,
    .destroy = watch_destroy,
};

#define TEXT(literal) {literal, sizeof literal - 1}

static const dsotp_module module = {
    .size = sizeof module,
    .abi_major = DSOTP_ABI_MAJOR,
    .abi_minor = DSOTP_ABI_MINOR,
    .identifier = TEXT("org.dsotp.frequency-watch"),
    .version = TEXT("1.0.0"),
    .summary = TEXT("Watches the grid frequency that devices publish."),
    .service = &service,
};

DSOTP_NOTE("org.dsotp.frequency-watch", "1.0.0", "Watches the grid frequency that devices publish.");

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
    const uint32_t minor = DSOTP_ABI_MINOR;
    if (host->major != DSOTP_ABI_MAJOR || minor < host->oldest_minor || minor > host->newest_minor) {
        fail(host->refusal, DSOTP_VERSION_MISMATCH, "frequency-watch is made for the dsotp ABI 1.0: build it with the host's headers");
        return NULL;
    }
    return &module;
}

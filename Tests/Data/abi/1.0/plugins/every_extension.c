/* A service of ABI 1.0 that uses every function of every extension of 1.0, and says on out/<what> what it got. Frozen: see ../README.md.
 *
 * It wants the configuration {name, limit, count, enabled, list: [a, b]}, the right to publish out/# and to read and write the
 * measurement pmu of the database dsotp. */
#include "dsotp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DSOTP_NOTE("org.example.frozen.every-extension", "1.0.0", "Uses every extension of ABI 1.0.");

struct every {
    const dsotp_host *host;
    const dsotp_clock *clock;
    const dsotp_config *config;
    const dsotp_databus *databus;
    const dsotp_http *http;
    const dsotp_kv *kv;
    const dsotp_log *log;
    const dsotp_metrics *metrics;
    const dsotp_timer *timer;
    const dsotp_timeseries *timeseries;
    int is_unwell;
};

static dsotp_plugin_bytes text(const char *text) {
    dsotp_plugin_bytes bytes = {text, strlen(text)};
    return bytes;
}

static void release(void *owner) { free(owner); }

static dsotp_owned_bytes owned(const char *sentence) {
    char *copy = strdup(sentence);
    dsotp_owned_bytes bytes = {copy, strlen(copy), release, copy};
    return bytes;
}

static dsotp_status fail(dsotp_error *error, dsotp_status status, const char *sentence) {
    if (error != NULL && DSOTP_HAS(error, detail)) {
        error->status = status;
        error->sentence = owned(sentence);
        error->detail = owned("{\"frozen\":true}");
    }
    return status;
}

/* Publishes a line to out/<what>. */
static dsotp_status say(struct every *every, const char *what, const char *format, ...) {
    char topic[64], line[512];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    snprintf(topic, sizeof topic, "out/%s", what);
    dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text(topic), .payload = text(line)};
    uint64_t published = 0;
    dsotp_status status = every->databus->publish(every->host, &publication, 1, sizeof publication, &published, NULL);
    return status == DSOTP_OK && published != 1 ? DSOTP_INTERNAL : status;
}

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *made, dsotp_error *error) {
    struct every *every = calloc(1, sizeof *every);
    if (every == NULL || name.count == 0) return fail(error, DSOTP_INTERNAL, "there is no memory or no name");
    every->host = host;
    *made = every;
    return DSOTP_OK;
}

static const void *extension(const dsotp_host *host, const char *identifier) { return host->get_extension(host, text(identifier)); }

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    struct every *every = instance;
    const dsotp_host *host = every->host;
    every->clock = extension(host, DSOTP_EXT_CLOCK);
    every->config = extension(host, DSOTP_EXT_CONFIG);
    every->databus = extension(host, DSOTP_EXT_DATABUS);
    every->http = extension(host, DSOTP_EXT_HTTP);
    every->kv = extension(host, DSOTP_EXT_KV);
    every->log = extension(host, DSOTP_EXT_LOG);
    every->metrics = extension(host, DSOTP_EXT_METRICS);
    every->timer = extension(host, DSOTP_EXT_TIMER);
    every->timeseries = extension(host, DSOTP_EXT_TIMESERIES);
    if (!every->clock || !every->config || !every->databus || !every->http || !every->kv || !every->log || !every->metrics ||
        !every->timer || !every->timeseries)
        return fail(error, DSOTP_UNSUPPORTED, "the host lacks an extension of ABI 1.0");
    if (!DSOTP_HAS(every->clock, monotonic) || !DSOTP_HAS(every->config, get_key) || !DSOTP_HAS(every->databus, publish) ||
        !DSOTP_HAS(every->http, respond) || !DSOTP_HAS(every->kv, visit) || !DSOTP_HAS(every->log, write) ||
        !DSOTP_HAS(every->metrics, observe) || !DSOTP_HAS(every->timer, cancel) || !DSOTP_HAS(every->timeseries, read))
        return fail(error, DSOTP_UNSUPPORTED, "a table of the host is shorter than in ABI 1.0");
    if (extension(host, "dsotp.there-is-none/1") != NULL) return fail(error, DSOTP_INTERNAL, "the host offers what it can't know");
    dsotp_host_bytes name = {0};
    if (every->config->get_text(host, text("name"), &name, NULL) != DSOTP_OK)
        return fail(error, DSOTP_INVALID_CONFIGURATION, "config needs name, a text");
    return configuration->json.count > 0 ? DSOTP_OK : DSOTP_INVALID_CONFIGURATION;
}

static dsotp_status say_configuration(struct every *every) {
    const dsotp_host *host = every->host;
    const dsotp_config *config = every->config;
    dsotp_host_bytes name = {0}, key = {0};
    double limit = 0;
    int64_t count = 0;
    uint32_t enabled = 0;
    uint64_t elements = 0;
    dsotp_error error = {.size = sizeof error};
    config->get_text(host, text("name"), &name, NULL);
    config->get_number(host, text("limit"), &limit, NULL);
    config->get_integer(host, text("count"), &count, NULL);
    config->get_boolean(host, text("enabled"), &enabled, NULL);
    config->get_count(host, text("list"), &elements, NULL);
    config->get_key(host, text(""), 1, &key, NULL);
    dsotp_status missing = config->get_text(host, text("nowhere"), &key, NULL);
    config->get_key(host, text(""), 1, &key, NULL);
    dsotp_status other = config->get_number(host, text("name"), &limit, &error);
    int has_sentence = error.sentence.count > 0;
    if (error.sentence.release) error.sentence.release(error.sentence.owner);
    if (error.detail.release) error.detail.release(error.detail.owner);
    config->get_number(host, text("limit"), &limit, NULL);
    return say(
        every, "config", "%.*s %g %lld %u %llu %.*s missing %d other %d sentence %d", (int)name.count, (const char *)name.data, limit,
        (long long)count, enabled, (unsigned long long)elements, (int)key.count, (const char *)key.data, missing, other, has_sentence);
}

static void add_metrics(struct every *every) {
    const dsotp_plugin_pair labels[] = {{text("phase"), text("A")}};
    uint64_t counter = 0, gauge = 0, histogram = 0;
    every->metrics->declare(every->host, DSOTP_METRIC_COUNTER, text("frozen_seen_total"), text("Seen."), labels, 1, &counter, NULL);
    every->metrics->declare(every->host, DSOTP_METRIC_GAUGE, text("frozen_level"), text("Level."), NULL, 0, &gauge, NULL);
    every->metrics->declare(every->host, DSOTP_METRIC_HISTOGRAM, text("frozen_seconds"), text("Took."), NULL, 0, &histogram, NULL);
    every->metrics->add(every->host, counter, 2);
    every->metrics->set(every->host, gauge, 4.5);
    every->metrics->observe(every->host, histogram, 0.01);
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    struct every *every = instance;
    const dsotp_host *host = every->host;
    const dsotp_plugin_pair pairs[] = {{text("abi"), text("1.0")}};
    if (every->log->enabled(host, DSOTP_LOG_ERROR) > 1) return fail(error, DSOTP_INTERNAL, "enabled answers neither 0 nor 1");
    every->log->write(host, DSOTP_LOG_WARNING, text("the frozen service starts"), pairs, 1);
    add_metrics(every);
    dsotp_route route = {
        .size = sizeof route, .route = 3, .method = text("POST"), .path = text("/echo/{name}"), .least_role = DSOTP_ROLE_VIEWER,
        .operation = text("{\"summary\":\"Echo\"}")};
    if (every->http->add_route(host, &route, error) != DSOTP_OK) return DSOTP_INTERNAL;
    if (every->http->set_schemas(host, text("{\"Frozen\":{\"type\":\"object\"}}"), error) != DSOTP_OK) return DSOTP_INTERNAL;
    const dsotp_time now = every->clock->now(host), later = now + 3600 * INT64_C(1000000000);
    if (every->timer->set(host, 5, now + 1000000, 0, error) != DSOTP_OK) return DSOTP_INTERNAL;
    if (every->timer->set(host, 6, later, 1000000000, error) != DSOTP_OK) return DSOTP_INTERNAL;
    every->timer->cancel(host, 6);
    const dsotp_time before = every->clock->monotonic(host);
    say(every, "clock", "%d %d", now > 0, every->clock->monotonic(host) >= before);
    return say_configuration(every);
}

static uint32_t collect(void *context, dsotp_host_bytes key, dsotp_host_bytes value) {
    char *line = context;
    size_t used = strlen(line);
    snprintf(line + used, 128 - used, "%.*s=%.*s ", (int)key.count, (const char *)key.data, (int)value.count, (const char *)value.data);
    return 1;
}

static dsotp_status use_memory(struct every *every) {
    char seen[128] = "";
    dsotp_owned_bytes value = {0};
    every->kv->put(every->host, text("abi/a"), text("1"), NULL);
    every->kv->put(every->host, text("abi/b"), text("22"), NULL);
    every->kv->visit(every->host, text("abi/"), collect, seen, NULL);
    dsotp_status found = every->kv->get(every->host, text("abi/b"), &value, NULL);
    uint64_t count = value.count;
    if (value.release) value.release(value.owner);
    every->kv->remove(every->host, text("abi/a"), NULL);
    dsotp_status gone = every->kv->get(every->host, text("abi/a"), &value, NULL);
    return say(every, "kv", "%sfound %d bytes %llu gone %d", seen, found, (unsigned long long)count, gone);
}

struct sum {
    uint64_t points;
    double value;
    dsotp_time last;
};

static uint32_t add_up(void *context, const dsotp_run *run) {
    struct sum *sum = context;
    const double *values = run->values;
    for (uint64_t i = 0; i < run->count; i++) sum->value += values[i], sum->last = run->times[i], sum->points++;
    return 1;
}

static uint32_t count_columns(void *context, const dsotp_found_column *column) {
    uint32_t *count = context;
    *count += column->value_type == DSOTP_VALUE_FLOAT && column->tag_count == 1 && column->field.count == 1;
    return 1;
}

static dsotp_status use_timeseries(struct every *every, dsotp_error *error) {
    const dsotp_host *host = every->host;
    const dsotp_plugin_pair tags[] = {{text("device"), text("frozen")}};
    dsotp_column_name name = {
        .size = sizeof name, .value_type = DSOTP_VALUE_FLOAT, .database = text("dsotp"), .measurement = text("pmu"), .tags = tags,
        .tag_count = 1, .field = text("v")};
    uint64_t column = 0;
    dsotp_status status = every->timeseries->resolve(host, &name, &column, error);
    if (status != DSOTP_OK) return status;
    const uint64_t columns[] = {column, column, column};
    const dsotp_time times[] = {1000000000, 2000000000, 3000000000};
    const double values[] = {1, 2, 3.5};
    const dsotp_quality qualities[] = {DSOTP_QUALITY_GOOD, DSOTP_QUALITY_ESTIMATED, DSOTP_QUALITY_GOOD};
    dsotp_points points = {
        .size = sizeof points, .value_type = DSOTP_VALUE_FLOAT, .count = 3, .columns = columns, .times = times, .values = values,
        .qualities = qualities};
    status = every->timeseries->write(host, &points, error);
    if (status != DSOTP_OK) return status;
    dsotp_status synchronous = every->timeseries->sync(host, every->clock->now(host) + 5000000000, NULL);
    dsotp_column_search search = {
        .size = sizeof search, .database = text("dsotp"), .measurement = text("pmu"), .tags = tags, .tag_count = 1};
    uint32_t found = 0;
    every->timeseries->find(host, &search, count_columns, &found, NULL);
    struct sum sum = {0};
    dsotp_read range = {.size = sizeof range, .column = column, .from = 2000000000, .through = 3000000000};
    every->timeseries->read(host, &range, add_up, &sum, NULL);
    return say(
        every, "timeseries", "sync %d columns %u points %llu sum %g last %lld", synchronous, found, (unsigned long long)sum.points, sum.value,
        (long long)sum.last);
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    struct every *every = instance;
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        dsotp_status status = DSOTP_OK;
        if (message->payload.count == 6 && memcmp(message->payload.data, "unwell", 6) == 0) {
            every->is_unwell = 1;
        } else if (message->payload.count == 6 && memcmp(message->payload.data, "refuse", 6) == 0) {
            return fail(error, DSOTP_INVALID_ARGUMENT, "the frozen service refuses this message");
        } else {
            say(every, "message", "%.*s", (int)message->payload.count, (const char *)message->payload.data);
            status = use_memory(every);
            if (status == DSOTP_OK) status = use_timeseries(every, error);
        }
        if (status != DSOTP_OK) return status;
    }
    return DSOTP_OK;
}

static dsotp_status on_request(dsotp_instance instance, const dsotp_request *request, dsotp_error *error) {
    struct every *every = instance;
    char line[256];
    if (request->route != 3 || request->path_parameter_count != 1 || !DSOTP_HAS(request, deadline))
        return fail(error, DSOTP_NOT_FOUND, "there is no such route");
    const dsotp_host_bytes name = request->path_parameters[0].value;
    snprintf(
        line, sizeof line, "%.*s %.*s %.*s %.*s %llu", (int)request->method.count, (const char *)request->method.data, (int)name.count,
        (const char *)name.data, (int)request->role.count, (const char *)request->role.data, (int)request->body.count,
        (const char *)request->body.data, (unsigned long long)request->query_item_count);
    dsotp_response response = {.size = sizeof response, .status = 200, .content_type = text("text/plain"), .body = text(line)};
    return every->http->respond(every->host, request->identifier, &response, error);
}

static dsotp_status on_timer(dsotp_instance instance, uint64_t timer, dsotp_time now, dsotp_error *error) {
    (void)error;
    return say(instance, "timer", "%llu %d", (unsigned long long)timer, now > 0);
}

static dsotp_status drain(dsotp_instance instance, dsotp_time deadline, dsotp_error *error) {
    (void)error;
    return say(instance, "drain", "%d", deadline > 0);
}

static dsotp_status stop(dsotp_instance instance, dsotp_error *error) {
    (void)error;
    return say(instance, "stop", "stopped");
}

static void destroy(dsotp_instance instance) { free(instance); }

static uint32_t check(dsotp_instance instance, dsotp_owned_bytes *sentence) {
    struct every *every = instance;
    if (every->is_unwell) *sentence = owned("the frozen service was told to be unwell");
    return every->is_unwell ? 0 : 1;
}

static const void *get_extension(dsotp_instance instance, dsotp_host_bytes identifier) {
    static const dsotp_health health = {.size = sizeof health, .check = check};
    (void)instance;
    return identifier.count == strlen(DSOTP_EXT_HEALTH) && memcmp(identifier.data, DSOTP_EXT_HEALTH, identifier.count) == 0 ? &health : NULL;
}

static const dsotp_service service = {
    .size = sizeof service, .create = create, .configure = configure, .start = start, .on_messages = on_messages, .on_request = on_request,
    .on_timer = on_timer, .drain = drain, .stop = stop, .destroy = destroy, .get_extension = get_extension};

#define TEXT(literal) {literal, sizeof literal - 1}

static const dsotp_module module = {
    .size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR, .identifier = TEXT("org.example.frozen.every-extension"),
    .version = TEXT("1.0.0"), .summary = TEXT("Uses every extension of ABI 1.0."), .service = &service};

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
    if (host->major != DSOTP_ABI_MAJOR || DSOTP_ABI_MINOR < host->oldest_minor || DSOTP_ABI_MINOR > host->newest_minor) {
        fail(host->refusal, DSOTP_VERSION_MISMATCH, "the frozen service is made for ABI 1.0");
        return NULL;
    }
    return &module;
}

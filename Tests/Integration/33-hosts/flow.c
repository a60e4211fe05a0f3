/*
 * Two services that share nothing but topics and the store. "writer" writes each number that it hears as a point of the measurement `flow`, at that
 * many seconds. "reader", asked by a message, reads the measurement and publishes to answers/flow how many points there are, and their sum.
 */
#include "dsotp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE 1700000000ll
#define SECOND 1000000000ll

struct flow {
    const dsotp_host *host;
    const dsotp_timeseries *series;
    int is_writer;
    uint64_t column;
};

struct sum {
    struct flow *self;
    uint64_t columns[8], count;
    uint64_t points;
    double total;
};

static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    (void)error;
    struct flow *self = calloc(1, sizeof *self);
    self->host = host;
    self->series = host->get_extension(host, text(DSOTP_EXT_TIMESERIES));
    self->is_writer = name.count == 6 && !memcmp(name.data, "writer", 6);
    *instance = (dsotp_instance)self;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    (void)instance, (void)configuration, (void)error;
    return DSOTP_OK;
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    struct flow *self = (struct flow *)instance;
    if (!self->is_writer) return DSOTP_OK;
    dsotp_column_name name = {.size = sizeof name, .value_type = DSOTP_VALUE_FLOAT, .database = text("dsotp"), .measurement = text("flow"), .field = text("value")};
    return self->series->resolve(self->host, &name, &self->column, error);
}

static uint32_t found(void *context, const dsotp_found_column *column) {
    struct sum *sum = context;
    sum->columns[sum->count++] = column->column;
    return sum->count < 8;
}

static uint32_t add(void *context, const dsotp_run *run) {
    struct sum *sum = context;
    sum->points += run->count;
    for (uint64_t i = 0; i < run->count; i++) sum->total += ((const double *)run->values)[i];
    return 1;
}

static dsotp_status answer(struct flow *self, dsotp_error *error) {
    struct sum sum = {.self = self};
    dsotp_column_search search = {.size = sizeof search, .database = text("dsotp"), .measurement = text("flow"), .field = text("value")};
    dsotp_status status = self->series->find(self->host, &search, found, &sum, error);
    for (uint64_t i = 0; i < sum.count && !status; i++) {
        dsotp_read read = {.size = sizeof read, .column = sum.columns[i], .from = BASE * SECOND, .through = (BASE + 1000000) * SECOND};
        status = self->series->read(self->host, &read, add, &sum, error);
    }
    char payload[64];
    if (status) snprintf(payload, sizeof payload, "failed %d", (int)status);
    else snprintf(payload, sizeof payload, "%llu %.0f", (unsigned long long)sum.points, sum.total);
    const dsotp_databus *databus = self->host->get_extension(self->host, text(DSOTP_EXT_DATABUS));
    dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text("answers/flow"), .payload = text(payload)};
    uint64_t taken = 0;
    databus->publish(self->host, &publication, 1, sizeof publication, &taken, NULL);
    return DSOTP_OK;
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    struct flow *self = (struct flow *)instance;
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        dsotp_status status;
        if (self->is_writer) {
            char digits[32];
            snprintf(digits, sizeof digits, "%.*s", (int)message->payload.count, (const char *)message->payload.data);
            double value = atof(digits);
            dsotp_time time = (BASE + (int64_t)value) * SECOND;
            dsotp_points points = {.size = sizeof points, .value_type = DSOTP_VALUE_FLOAT, .count = 1, .columns = &self->column, .times = &time, .values = &value};
            status = self->series->write(self->host, &points, error);
        } else {
            status = answer(self, error);
        }
        if (status) return status;
    }
    return DSOTP_OK;
}

static dsotp_status stop(dsotp_instance instance, dsotp_error *error) {
    (void)instance, (void)error;
    return DSOTP_OK;
}

static void destroy(dsotp_instance instance) { free((void *)instance); }

#define TEXT(s) {s, sizeof s - 1}
static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start, .on_messages = on_messages,
                                      .stop = stop, .destroy = destroy};
static const dsotp_module module = {.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR,
    .identifier = TEXT("org.example.flow"), .version = TEXT("1.0.0"), .summary = TEXT("Writes numbers, and sums them up"), .service = &service};
const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { (void)host; return &module; }

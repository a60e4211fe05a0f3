/* A service that does what messages tell it, over dsotp.command/1: see README.md. */
#include "dsotp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct commander {
    const dsotp_host *host;
    uint64_t last;
} commander;

static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }
static const void *extension(commander *c, const char *name) { return c->host->get_extension(c->host, text(name)); }

static dsotp_status publish(commander *c, const char *topic, const char *payload) {
    const dsotp_databus *databus = extension(c, DSOTP_EXT_DATABUS);
    dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text(topic), .payload = text(payload)};
    return databus->publish(c->host, &publication, 1, sizeof publication, NULL, NULL);
}

static uint32_t class_of(const char *word) {
    static const char *words[] = {"optimisation", "balancing", "flisr", "operator", "protection"};
    for (uint32_t i = 0; i < 5; i++)
        if (!strcmp(words[i], word)) return i + 1;
    return 99;
}

static void submit(commander *c, dsotp_command *command) {
    const dsotp_command_table *table = extension(c, DSOTP_EXT_COMMAND);
    dsotp_command_decision decision = {.size = sizeof decision};
    dsotp_error error = {.size = sizeof error};
    char line[1024];
    dsotp_status status = table->submit(c->host, command, 1, sizeof *command, &decision, sizeof decision, &error);
    if (status != DSOTP_OK) {
        snprintf(line, sizeof line, "error %d %.*s", status, (int)error.sentence.count, (const char *)error.sentence.data);
        if (error.sentence.release) error.sentence.release(error.sentence.owner);
    } else {
        c->last = decision.command;
        snprintf(line, sizeof line, "%s %.*s", decision.outcome == DSOTP_COMMAND_ACCEPTED ? "accepted" : decision.retryable ? "refused-for-now" : "refused",
                 (int)decision.sentence.count, (const char *)decision.sentence.data);
        if (decision.sentence.release) decision.sentence.release(decision.sentence.owner);
    }
    publish(c, "out/decision", line);
}

static void set(commander *c, char *rest) {
    char *class = strsep(&rest, " "), *device = strsep(&rest, " "), *value = strsep(&rest, " "), *hold = strsep(&rest, " "), *word;
    dsotp_command command = {.size = sizeof command, .command_class = class_of(class), .device = text(device), .value = atof(value),
                             .unit = text("kW"), .hold = atoll(hold) * 1000000, .reason = text("the schedule says so")};
    while ((word = strsep(&rest, " "))) {
        if (!strcmp(word, "wait")) command.flags |= DSOTP_COMMAND_WAIT;
        if (!strcmp(word, "dry")) command.flags |= DSOTP_COMMAND_DRY_RUN;
        if (!strncmp(word, "key=", 4)) command.key = text(word + 4);
    }
    submit(c, &command);
}

static void operate(commander *c, char *rest) {
    char *class = strsep(&rest, " "), *switch_ = strsep(&rest, " "), *position = strsep(&rest, " "), *within = strsep(&rest, " ");
    char topic[256], reports[256], payload[64], expected[32];
    snprintf(topic, sizeof topic, "switches/%s/command", switch_);
    snprintf(reports, sizeof reports, "switches/%s", switch_);
    snprintf(payload, sizeof payload, "{\"position\":\"%s\"}", position);
    snprintf(expected, sizeof expected, "\"%s\"", position);
    dsotp_command_confirmation confirmation = {.size = sizeof confirmation, .topic = text(reports), .field = text("position"),
                                               .value = text(expected), .within = atoll(within) * 1000000};
    dsotp_command command = {.size = sizeof command, .command_class = class_of(class), .topic = text(topic), .payload = text(payload),
                             .reason = text("step 1 of 1"), .confirmation = &confirmation};
    submit(c, &command);
}

static void batch(commander *c, char *rest) {
    const dsotp_command_table *table = extension(c, DSOTP_EXT_COMMAND);
    char *class = strsep(&rest, " ");
    uint32_t count = (uint32_t)atoi(rest), accepted = 0;
    dsotp_command *commands = calloc(count, sizeof *commands);
    dsotp_command_decision *decisions = calloc(count, sizeof *decisions);
    char (*names)[32] = calloc(count, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "asset-%u", i);
        commands[i] = (dsotp_command){.size = sizeof *commands, .command_class = class_of(class), .device = text(names[i]), .value = i, .unit = text("kW"), .hold = 10000000000};
        decisions[i].size = sizeof *decisions;
    }
    dsotp_status status = table->submit(c->host, commands, count, sizeof *commands, decisions, sizeof *decisions, NULL);
    for (uint32_t i = 0; i < count; i++) {
        accepted += decisions[i].outcome == DSOTP_COMMAND_ACCEPTED;
        if (decisions[i].sentence.release) decisions[i].sentence.release(decisions[i].sentence.owner);
    }
    char line[64];
    snprintf(line, sizeof line, "%d %u", status, accepted);
    publish(c, "out/batch", line);
    free(commands), free(decisions), free(names);
}

static void device(commander *c, const char *name) {
    const dsotp_command_table *table = extension(c, DSOTP_EXT_COMMAND);
    dsotp_command_device state = {.size = sizeof state};
    char line[256];
    dsotp_status status = table->device(c->host, text(name), &state, NULL);
    snprintf(line, sizeof line, "%d %u %.*s %u %u %.*s", status, state.command_class, (int)state.holder.count, (const char *)state.holder.data,
             state.waiting, state.is_locked, (int)state.lock.count, (const char *)state.lock.data);
    if (state.holder.release) state.holder.release(state.holder.owner);
    if (state.lock.release) state.lock.release(state.lock.owner);
    publish(c, "out/device", line);
}

static void say_status(commander *c, dsotp_status status) {
    char line[16];
    snprintf(line, sizeof line, "%d", status);
    publish(c, "out/status", line);
}

static void misuse(commander *c) {
    const dsotp_command_table *table = extension(c, DSOTP_EXT_COMMAND);
    dsotp_command command = {.size = 8, .command_class = 2, .device = text("a"), .value = 1};
    dsotp_command_decision decision = {.size = sizeof decision};
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.size = sizeof command;
    say_status(c, table->submit(c->host, NULL, 1, sizeof command, &decision, sizeof decision, NULL));
    say_status(c, table->submit(c->host, &command, 1, sizeof command, NULL, sizeof decision, NULL));
    command.device = text("a/b");
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.device = text("a"), command.topic = text("setpoints/b");
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.topic = text("measurements/a");
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.topic = text(""), command.payload = text("{not JSON");
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.payload = text(""), command.flags = 64;
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.flags = 0, command.command_class = 77;
    say_status(c, table->submit(c->host, &command, 1, sizeof command, &decision, sizeof decision, NULL));
    command.command_class = 2;
    const int64_t extremes[] = {INT64_MAX, INT64_MIN};
    for (uint32_t i = 0; i < 2; i++) {
        dsotp_command_confirmation confirmation = {.size = sizeof confirmation, .topic = text("switches/a"), .value = text("1"), .within = extremes[i]};
        dsotp_command wrong[] = {command, command, command, command};
        wrong[0].not_before = extremes[i], wrong[1].expires = extremes[i], wrong[2].hold = extremes[i], wrong[3].confirmation = &confirmation;
        for (uint32_t j = 0; j < 4; j++) say_status(c, table->submit(c->host, &wrong[j], 1, sizeof command, &decision, sizeof decision, NULL));
        say_status(c, table->renew(c->host, 12345, extremes[i], NULL));
    }
    say_status(c, table->renew(c->host, 12345, 1, NULL));
    say_status(c, table->cancel(c->host, 12345, NULL));
    say_status(c, table->device(c->host, text("a"), NULL, NULL));
}

static void follow(commander *c, char *order) {
    const dsotp_command_table *table = extension(c, DSOTP_EXT_COMMAND);
    char *rest = order, *verb = strsep(&rest, " ");
    if (!strcmp(verb, "set")) set(c, rest);
    if (!strcmp(verb, "switch")) operate(c, rest);
    if (!strcmp(verb, "batch")) batch(c, rest);
    if (!strcmp(verb, "device")) device(c, rest);
    if (!strcmp(verb, "renew")) say_status(c, table->renew(c->host, c->last, atoll(rest) * 1000000, NULL));
    if (!strcmp(verb, "cancel")) say_status(c, table->cancel(c->host, c->last, NULL));
    if (!strcmp(verb, "plain")) say_status(c, publish(c, rest, "{}"));
    if (!strcmp(verb, "misuse")) misuse(c);
    if (!strcmp(verb, "crash")) *(volatile int *)8 = 1;
}

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    (void)name, (void)error;
    commander *c = calloc(1, sizeof *c);
    c->host = host;
    *instance = c;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    (void)instance, (void)configuration, (void)error;
    return DSOTP_OK;
}

static dsotp_status nothing(dsotp_instance instance, dsotp_error *error) {
    (void)instance, (void)error;
    return DSOTP_OK;
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *messages, dsotp_error *error) {
    (void)error;
    for (uint32_t i = 0; i < messages->count; i++) {
        const dsotp_message *message = dsotp_message_at(messages, i);
        char order[256] = {0};
        if (message->payload.count >= sizeof order) continue;
        memcpy(order, message->payload.data, message->payload.count);
        follow(instance, order);
    }
    return DSOTP_OK;
}

/* "DEVICE OUTCOME FINAL BY REPORTED" */
static dsotp_status on_outcomes(dsotp_instance instance, const dsotp_command_outcome_batch *outcomes, dsotp_error *error) {
    (void)error;
    static const char *words[] = {"?", "accepted", "dispatched", "confirmed", "not-confirmed", "superseded", "expired", "refused", "cancelled", "failed", "dry-run"};
    for (uint32_t i = 0; i < outcomes->count; i++) {
        const dsotp_command_outcome *outcome = dsotp_command_outcome_at(outcomes, i);
        char line[512];
        snprintf(line, sizeof line, "%.*s %s %u %.*s %.*s", (int)outcome->device.count, (const char *)outcome->device.data,
                 words[outcome->outcome <= 10 ? outcome->outcome : 0], outcome->is_final, (int)outcome->by.count, (const char *)outcome->by.data,
                 (int)outcome->reported.count, (const char *)outcome->reported.data);
        publish(instance, "out/outcome", line);
    }
    return DSOTP_OK;
}

static const dsotp_command_outcomes outcomes = {.size = sizeof outcomes, .on_outcomes = on_outcomes};

static const void *get_extension(dsotp_instance instance, dsotp_host_bytes identifier) {
    (void)instance;
    size_t length = strlen(DSOTP_EXT_COMMAND_OUTCOMES);
    return identifier.count == length && !memcmp(identifier.data, DSOTP_EXT_COMMAND_OUTCOMES, length) ? &outcomes : NULL;
}

static void destroy(dsotp_instance instance) { free(instance); }

static const dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = nothing, .on_messages = on_messages,
                                      .stop = nothing, .destroy = destroy, .get_extension = get_extension};

#define TEXT(s) {s, sizeof s - 1}
static const dsotp_module module = {.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR,
    .identifier = TEXT("org.example.commander"), .version = TEXT("1.0.0"), .summary = TEXT("Commands what it is told."), .service = &service};

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
    (void)host;
    return &module;
}

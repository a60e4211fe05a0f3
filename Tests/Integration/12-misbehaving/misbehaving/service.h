/*
 * What all misbehaving services share. Each source beside this one defines `misbehave`, and is a library of its own.
 *
 * A service's name says what it does and where: `segfault` does it when a message comes whose payload is "now";
 * `hang-in-stop` does it in that callback. Everything else it does as a service should, and GET /alive answers "alive".
 */
#ifndef MISBEHAVING_SERVICE_H
#define MISBEHAVING_SERVICE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "dsotp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
#define STATIC_TEXT(literal) dsotp_plugin_bytes{literal, sizeof literal - 1}
#else
#define STATIC_TEXT(literal) {literal, sizeof literal - 1}
#endif

static const dsotp_host *host;
/* What it is to do, and in which callback. */
static char deed[64], place[64] = "on-messages";

/* Does the deed; returns the status that the callback then returns. `error` is the callback's, or NULL. */
static dsotp_status misbehave(dsotp_error *error);

static inline int is_deed(const char *name) { return !strcmp(deed, name); }

static inline dsotp_plugin_bytes text(const char *s) {
    dsotp_plugin_bytes bytes = {s, strlen(s)};
    return bytes;
}

static inline const void *extension(const char *name) { return host->get_extension(host, text(name)); }

static inline dsotp_status publish(const char *topic, const void *data, uint64_t count) {
    const dsotp_databus *databus = (const dsotp_databus *)extension(DSOTP_EXT_DATABUS);
    dsotp_publication publication;
    memset(&publication, 0, sizeof publication);
    publication.size = sizeof publication;
    publication.topic = text(topic);
    publication.payload.data = data;
    publication.payload.count = count;
    return databus->publish(host, &publication, 1, sizeof publication, NULL, NULL);
}

static dsotp_status at(const char *callback, dsotp_error *error) {
    return strcmp(place, callback) ? DSOTP_OK : misbehave(error);
}

static dsotp_status create(const dsotp_host *given, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    host = given;
    snprintf(deed, sizeof deed, "%.*s", (int)name.count, (const char *)name.data);
    char *in = strstr(deed, "-in-");
    if (in) {
        snprintf(place, sizeof place, "%s", in + 4);
        *in = 0;
    }
    *instance = (dsotp_instance)(uintptr_t)given;
    return at("create", error);
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    (void)instance, (void)configuration;
    return at("configure", error);
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    (void)instance;
    const dsotp_http *http = (const dsotp_http *)extension(DSOTP_EXT_HTTP);
    dsotp_route route;
    memset(&route, 0, sizeof route);
    route.size = sizeof route;
    route.route = 1;
    route.method = text("GET");
    route.path = text("/alive");
    route.least_role = DSOTP_ROLE_VIEWER;
    dsotp_status status = http->add_route(host, &route, error);
    if (status != DSOTP_OK) return status;
    if (!strcmp(place, "on-timer")) {
        const dsotp_timer *timers = (const dsotp_timer *)extension(DSOTP_EXT_TIMER);
        timers->set(host, 1, 0, 200000000, NULL);
    }
    return at("start", error);
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    (void)instance;
    for (uint32_t i = 0; i < batch->count; i++) {
        const dsotp_message *message = dsotp_message_at(batch, i);
        if (message->payload.count != 3 || memcmp(message->payload.data, "now", 3)) continue;
        dsotp_status status = at("on-messages", error);
        if (status != DSOTP_OK) return status;
    }
    return DSOTP_OK;
}

static dsotp_status on_request(dsotp_instance instance, const dsotp_request *request, dsotp_error *error) {
    (void)instance;
    dsotp_status status = at("on-request", error);
    if (status != DSOTP_OK) return status;
    const dsotp_http *http = (const dsotp_http *)extension(DSOTP_EXT_HTTP);
    dsotp_response response;
    memset(&response, 0, sizeof response);
    response.size = sizeof response;
    response.status = 200;
    response.content_type = text("text/plain");
    response.body = text("alive");
    return http->respond(host, request->identifier, &response, error);
}

static dsotp_status on_timer(dsotp_instance instance, uint64_t timer, dsotp_time now, dsotp_error *error) {
    (void)instance, (void)timer, (void)now;
    return at("on-timer", error);
}

static dsotp_status drain(dsotp_instance instance, dsotp_time deadline, dsotp_error *error) {
    (void)instance, (void)deadline;
    return at("drain", error);
}

static dsotp_status stop(dsotp_instance instance, dsotp_error *error) {
    (void)instance;
    return at("stop", error);
}

static void destroy(dsotp_instance instance) {
    (void)instance;
    at("destroy", NULL);
}

static uint32_t check(dsotp_instance instance, dsotp_owned_bytes *sentence) {
    (void)instance, (void)sentence;
    return at("health", NULL) == DSOTP_OK;
}

static dsotp_health health = {sizeof(dsotp_health), 0, check};

static const void *get_extension(dsotp_instance instance, dsotp_host_bytes identifier) {
    (void)instance;
    return identifier.count == sizeof DSOTP_EXT_HEALTH - 1 && !memcmp(identifier.data, DSOTP_EXT_HEALTH, identifier.count) ? &health : NULL;
}

static dsotp_service service = {sizeof(dsotp_service), 0, create, configure, start, on_messages, on_request, on_timer, drain, stop, destroy,
                                get_extension};

static dsotp_module module = {sizeof(dsotp_module), DSOTP_ABI_MAJOR, DSOTP_ABI_MINOR, 0, STATIC_TEXT("org.example.misbehaving"),
                              STATIC_TEXT("6.6.6"), STATIC_TEXT("Does what a service must not do"), &service};

#ifdef __cplusplus
extern "C"
#endif
const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *abi) {
    (void)abi;
    return &module;
}

#endif

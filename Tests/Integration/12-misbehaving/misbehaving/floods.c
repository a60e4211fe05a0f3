/* Does too much of what it may do, for five seconds. */
#include "service.h"

#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void flood_metrics(const dsotp_metrics *metrics, int index) {
    char name[64];
    snprintf(name, sizeof name, "flood_%d", index);
    uint64_t metric = 0;
    metrics->declare(host, DSOTP_METRIC_COUNTER, text(name), text("A flood."), NULL, 0, &metric, NULL);
    metrics->add(host, metric, 1);
}

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    static char large[65536];
    memset(large, 'x', sizeof large);
    const dsotp_log *log = extension(DSOTP_EXT_LOG);
    const dsotp_timer *timers = extension(DSOTP_EXT_TIMER);
    const dsotp_http *http = extension(DSOTP_EXT_HTTP);
    const dsotp_kv *memory = extension(DSOTP_EXT_KV);
    dsotp_response response = {.size = sizeof response, .status = 200, .content_type = text("text/plain"), .body = {large, sizeof large}};
    double end = now() + 5;
    for (int i = 0; now() < end; i++) {
        char word[32];
        snprintf(word, sizeof word, "%d", i);
        if (is_deed("flood-publish")) publish("misdeeds/out", "flood", 5);
        else if (is_deed("flood-log")) log->write(host, DSOTP_LOG_ERROR, (dsotp_plugin_bytes){large, 4096}, NULL, 0);
        else if (is_deed("flood-metrics")) flood_metrics(extension(DSOTP_EXT_METRICS), i);
        else if (is_deed("flood-timers")) timers->set(host, (uint64_t)i, 0, 1, NULL);
        else if (is_deed("flood-responses")) http->respond(host, (uint64_t)i, &response, NULL);
        else if (is_deed("flood-memory")) memory->put(host, text(word), (dsotp_plugin_bytes){large, 4096}, NULL);
        else if (is_deed("flood-output")) fwrite(large, 1, sizeof large, stdout);
        else if (is_deed("flood-routes")) {
            dsotp_route route = {.size = sizeof route, .route = 2, .method = text("GET"), .path = text(word), .least_role = 1};
            http->add_route(host, &route, NULL);
        }
    }
    return DSOTP_OK;
}

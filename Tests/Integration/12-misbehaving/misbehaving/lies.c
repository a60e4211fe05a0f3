/* Says what is not so: sizes, counts, texts, states, threads. */
#include "service.h"

#include <pthread.h>

static char spoiled[] = "\xff\xfe\x80 not UTF-8 \xc3";
static int misuses;

static void *call_from_elsewhere(void *unused) {
    const dsotp_config *config = extension(DSOTP_EXT_CONFIG);
    dsotp_host_bytes value;
    misuses += config->get_text(host, text("mode"), &value, NULL) == DSOTP_WRONG_THREAD;
    return unused;
}

static void *call_for_ever(void *unused) {
    for (;;) publish("misdeeds/out", "after", 5);
    return unused;
}

static void lie_about_sizes(void) {
    const dsotp_databus *databus = extension(DSOTP_EXT_DATABUS);
    const dsotp_timeseries *series = extension(DSOTP_EXT_TIMESERIES);
    const dsotp_metrics *metrics = extension(DSOTP_EXT_METRICS);
    const dsotp_kv *memory = extension(DSOTP_EXT_KV);
    dsotp_publication small = {.size = 4, .topic = text("misdeeds/out")};
    databus->publish(host, &small, 1, sizeof small, NULL, NULL);
    databus->publish(host, &small, 1ull << 60, sizeof small, NULL, NULL);
    databus->publish(host, NULL, 1000, sizeof small, NULL, NULL);
    databus->publish(host, &small, 1, 3, NULL, NULL);
    dsotp_points points = {.size = sizeof points, .value_type = 99, .count = 1ull << 61};
    series->write(host, &points, NULL);
    points.value_type = 1;
    series->write(host, &points, NULL);
    points.size = 2;
    series->write(host, &points, NULL);
    uint64_t metric = 0;
    metrics->declare(host, 77, text("x"), text("y"), NULL, 1ull << 60, &metric, NULL);
    metrics->add(host, 1ull << 60, -1);
    memory->put(host, (dsotp_plugin_bytes){NULL, 1ull << 62}, text("x"), NULL);
    memory->put(host, (dsotp_plugin_bytes){spoiled, sizeof spoiled - 1}, text("x"), NULL);
    publish(spoiled, spoiled, sizeof spoiled);
}

static dsotp_status misbehave(dsotp_error *error) {
    if (is_deed("lie-about-sizes")) lie_about_sizes();
    if (is_deed("wrong-thread")) {
        pthread_t thread;
        pthread_create(&thread, NULL, call_from_elsewhere, NULL);
        pthread_join(thread, NULL);
        publish("misdeeds/out", "wrong-thread", misuses == 1 ? 12 : 0);
    }
    if (is_deed("call-after-stop")) {
        pthread_t thread;
        pthread_create(&thread, NULL, call_for_ever, NULL);
    }
    if (is_deed("garbage-status")) return -77777;
    if (is_deed("garbage-text") && error) {
        error->sentence = (dsotp_owned_bytes){spoiled, sizeof spoiled - 1, NULL, NULL};
        return DSOTP_INTERNAL;
    }
    if (is_deed("garbage-count") && error) {
        error->sentence = (dsotp_owned_bytes){"never read", 1ull << 62, NULL, NULL};
        error->detail = (dsotp_owned_bytes){NULL, 1ull << 40, NULL, NULL};
        return DSOTP_INTERNAL;
    }
    return DSOTP_OK;
}

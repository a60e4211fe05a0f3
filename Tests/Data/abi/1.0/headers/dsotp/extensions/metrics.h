/**
 * `dsotp.metrics/1`: numbers about the service itself, served on the host's `/metrics` as `dsotp_service_<name>` with the label
 * `service`. Names follow Prometheus: `[a-z_][a-z0-9_]*`, a unit as suffix (`_seconds`, `_bytes`, `_total` for counters).
 */
#ifndef DSOTP_EXTENSIONS_METRICS_H
#define DSOTP_EXTENSIONS_METRICS_H

#include "../plugin.h"

#define DSOTP_EXT_METRICS "dsotp.metrics/1"

/** Kinds of metrics. */
enum {
    /** Only ever grows. */
    DSOTP_METRIC_COUNTER = 1,
    /** Goes up and down. */
    DSOTP_METRIC_GAUGE = 2,
    /** Observations, in buckets from 1 µs to 100 s, three a decade: for durations in seconds. */
    DSOTP_METRIC_HISTOGRAM = 3
};

typedef struct dsotp_metrics {
    uint32_t size;
    uint32_t reserved;
    /**
     * Declares a metric with fixed labels; the same name and labels give the same handle again. [any-thread]
     * @return DSOTP_INVALID_ARGUMENT (bad name, another kind before), DSOTP_LIMIT_REACHED above 1,000 per service.
     */
    dsotp_status (*declare)(
        const dsotp_host *host, uint32_t kind, dsotp_plugin_bytes name, dsotp_plugin_bytes help,
        const dsotp_plugin_pair *labels, uint64_t label_count, uint64_t *metric, dsotp_error *error);
    /** Adds to a counter (`amount` >= 0) or a gauge. Costs an atomic addition; a wrong handle is ignored and counted. [any-thread] */
    void (*add)(const dsotp_host *host, uint64_t metric, double amount);
    /** Sets a gauge. [any-thread] */
    void (*set)(const dsotp_host *host, uint64_t metric, double value);
    /** Adds an observation to a histogram. [any-thread] */
    void (*observe)(const dsotp_host *host, uint64_t metric, double value);
} dsotp_metrics;

#endif

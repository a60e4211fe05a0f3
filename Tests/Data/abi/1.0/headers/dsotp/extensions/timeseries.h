/**
 * `dsotp.timeseries/1`: the time-series store. Names follow InfluxDB v1: database, measurement, tags, field; the values of one
 * field of one series over time are a *column*. Resolve a column once, then write and read by its handle. Measurements
 * outside of the manifest's `timeseries` (read, write) are refused, counted and logged.
 */
#ifndef DSOTP_EXTENSIONS_TIMESERIES_H
#define DSOTP_EXTENSIONS_TIMESERIES_H

#include "../plugin.h"

#define DSOTP_EXT_TIMESERIES "dsotp.timeseries/1"

/** Types of values, and what an array of them consists of. */
enum {
    DSOTP_VALUE_FLOAT = 1,   /**< double */
    DSOTP_VALUE_INTEGER = 2, /**< int64_t */
    DSOTP_VALUE_BOOLEAN = 3, /**< uint8_t, 0 or 1 */
    DSOTP_VALUE_TEXT = 4     /**< dsotp_plugin_bytes when writing, dsotp_host_bytes when reading */
};

/** The name of a column. */
typedef struct dsotp_column_name {
    uint32_t size;
    /** DSOTP_VALUE_… */
    uint32_t value_type;
    dsotp_plugin_bytes database;
    dsotp_plugin_bytes measurement;
    const dsotp_plugin_pair *tags;
    uint64_t tag_count;
    dsotp_plugin_bytes field;
} dsotp_column_name;

/** Points of one value type to write: four arrays of `count` elements in the plugin's memory. */
typedef struct dsotp_points {
    uint32_t size;
    /** DSOTP_VALUE_… of all columns in `columns`. */
    uint32_t value_type;
    uint64_t count;
    const uint64_t *columns;
    const dsotp_time *times;
    const void *values;
    /** NULL: all are good. */
    const dsotp_quality *qualities;
} dsotp_points;

/** What `find` looks for. */
typedef struct dsotp_column_search {
    uint32_t size;
    uint32_t reserved;
    dsotp_plugin_bytes database;
    dsotp_plugin_bytes measurement;
    /** Tags that a series must have with these values; others may have any value. */
    const dsotp_plugin_pair *tags;
    uint64_t tag_count;
    /** Empty: every field. */
    dsotp_plugin_bytes field;
} dsotp_column_search;

/** A column that `find` found, in the host's memory, valid during the call of `visit`. */
typedef struct dsotp_found_column {
    uint32_t size;
    uint32_t value_type;
    uint64_t column;
    const dsotp_host_pair *tags;
    uint64_t tag_count;
    dsotp_host_bytes field;
} dsotp_found_column;

/** Which points `read` gives. */
typedef struct dsotp_read {
    uint32_t size;
    /** 1: newest first. */
    uint32_t descending;
    uint64_t column;
    /** First and last time, both included. */
    dsotp_time from;
    dsotp_time through;
    /** At most so many points; 0: all. */
    uint64_t limit;
} dsotp_read;

/** A run of points that `read` gives, in the host's memory, valid during the call of `visit`. */
typedef struct dsotp_run {
    uint32_t size;
    uint32_t value_type;
    uint64_t count;
    const dsotp_time *times;
    const void *values;
    /** NULL: all are good. */
    const dsotp_quality *qualities;
} dsotp_run;

typedef struct dsotp_timeseries {
    uint32_t size;
    uint32_t reserved;
    /**
     * The handle of a column, made if it is new and the manifest lets the service write it; valid until `stop`, or until its
     * database is dropped: `write` and `read` then answer DSOTP_NOT_FOUND. [any-thread]
     * @return DSOTP_NOT_PERMITTED; DSOTP_INVALID_ARGUMENT (empty name, the field exists with another type); DSOTP_NOT_FOUND (no
     *         such database, or no such column and no right to make it).
     */
    dsotp_status (*resolve)(
        const dsotp_host *host, const dsotp_column_name *name, uint64_t *column, dsotp_error *error);
    /**
     * Writes points; those with the time of an existing one replace it. All or none are accepted. They can be read at once, and
     * are durable with the store's next group commit: see `sync` and `acknowledge: stored`. May wait while the store is busy.
     * [any-thread]
     * @return DSOTP_INVALID_ARGUMENT (unknown handle, wrong type), DSOTP_NOT_FOUND (the database was dropped: resolve again),
     *         DSOTP_INPUT_OUTPUT (retryable: the disk is full or failing).
     */
    dsotp_status (*write)(const dsotp_host *host, const dsotp_points *points, dsotp_error *error);
    /** Waits until all points this service wrote are durable, no longer than until `deadline`. [any-thread]
     * @return DSOTP_TIMED_OUT, DSOTP_INPUT_OUTPUT. */
    dsotp_status (*sync)(const dsotp_host *host, dsotp_time deadline, dsotp_error *error);
    /** Calls `visit` on this thread for each column that fits, until it returns 0. [any-thread] */
    dsotp_status (*find)(
        const dsotp_host *host, const dsotp_column_search *search,
        uint32_t (*visit)(void *context, const dsotp_found_column *column), void *context, dsotp_error *error);
    /**
     * Calls `visit` on this thread with run after run of the points of a column, until it returns 0. `visit` should be quick, and
     * must not call `dsotp.timeseries/1`: copy what needs more work. [any-thread]
     */
    dsotp_status (*read)(
        const dsotp_host *host, const dsotp_read *read,
        uint32_t (*visit)(void *context, const dsotp_run *run), void *context, dsotp_error *error);
} dsotp_timeseries;

#endif

/** `dsotp.log/1`: structured log lines under the service's name. Rate-limited by the host; what is suppressed is counted. */
#ifndef DSOTP_EXTENSIONS_LOG_H
#define DSOTP_EXTENSIONS_LOG_H

#include "../plugin.h"

#define DSOTP_EXT_LOG "dsotp.log/1"

/** Severity of a log line. */
enum {
    DSOTP_LOG_TRACE = 0,
    DSOTP_LOG_DEBUG = 1,
    DSOTP_LOG_INFO = 2,
    DSOTP_LOG_NOTICE = 3,
    DSOTP_LOG_WARNING = 4,
    DSOTP_LOG_ERROR = 5
};

typedef struct dsotp_log {
    uint32_t size;
    uint32_t reserved;
    /** Whether a line of this level would be kept: ask before composing a costly text. Returns 1 or 0. [any-thread] */
    uint32_t (*enabled)(const dsotp_host *host, uint32_t level);
    /** Writes one line; `pairs` are structured details, `pair_count` of them, may be NULL if 0. [any-thread] */
    void (*write)(
        const dsotp_host *host, uint32_t level, dsotp_plugin_bytes text, const dsotp_plugin_pair *pairs, uint64_t pair_count);
} dsotp_log;

#endif

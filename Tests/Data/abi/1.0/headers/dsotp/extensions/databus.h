/** `dsotp.databus/1`: publishing to the databus. A topic outside of the manifest's `publish` is refused, counted and logged. */
#ifndef DSOTP_EXTENSIONS_DATABUS_H
#define DSOTP_EXTENSIONS_DATABUS_H

#include "../plugin.h"

#define DSOTP_EXT_DATABUS "dsotp.databus/1"

/** One message to publish. */
typedef struct dsotp_publication {
    uint32_t size;
    /** 0, 1 or 2. */
    uint8_t qos;
    /** 1: the databus keeps it as the last message of its topic. */
    uint8_t retain;
    uint8_t reserved[2];
    /** A topic name without wildcards, UTF-8; a host may limit it to 4,096 bytes and 128 levels (DSOTP_INVALID_ARGUMENT). */
    dsotp_plugin_bytes topic;
    dsotp_plugin_bytes payload;
} dsotp_publication;

typedef struct dsotp_databus {
    uint32_t size;
    uint32_t reserved;
    /**
     * Publishes `count` messages in their order; `stride` is the distance between two in bytes (`sizeof(dsotp_publication)`).
     * Returns once the databus has taken them over. If one is refused, those before it are published, it and those after
     * are not, and `*published` (if not NULL) says how many were. [any-thread]
     * @return DSOTP_NOT_PERMITTED (topic not in the manifest), DSOTP_INVALID_ARGUMENT (malformed topic, QoS above 2),
     *         DSOTP_TRY_AGAIN (the databus is full; retryable).
     */
    dsotp_status (*publish)(
        const dsotp_host *host, const dsotp_publication *publications, uint64_t count, uint64_t stride,
        uint64_t *published, dsotp_error *error);
} dsotp_databus;

#endif

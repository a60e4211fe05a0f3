/** `dsotp.kv/1`: a small durable memory of each service: counters, last positions, learnt parameters. Not for time series. */
#ifndef DSOTP_EXTENSIONS_KV_H
#define DSOTP_EXTENSIONS_KV_H

#include "../plugin.h"

#define DSOTP_EXT_KV "dsotp.kv/1"

typedef struct dsotp_kv {
    uint32_t size;
    uint32_t reserved;
    /** The value of `key`, or DSOTP_NOT_FOUND. The receiver releases it. [any-thread] */
    dsotp_status (*get)(const dsotp_host *host, dsotp_plugin_bytes key, dsotp_owned_bytes *value, dsotp_error *error);
    /**
     * Stores a value, durable when the call returns. Keys: 1 … 256 bytes of UTF-8. All keys and values of a service together
     * may take what the manifest's `kv_quota` says (1 MiB by default). [any-thread]
     * @return DSOTP_LIMIT_REACHED above the quota; DSOTP_INPUT_OUTPUT if the disk fails: the old value then stands.
     */
    dsotp_status (*put)(
        const dsotp_host *host, dsotp_plugin_bytes key, dsotp_plugin_bytes value, dsotp_error *error);
    /** Removes a key, durable when the call returns; one that is not there is ignored. [any-thread] */
    dsotp_status (*remove)(const dsotp_host *host, dsotp_plugin_bytes key, dsotp_error *error);
    /**
     * Calls `visit` for each key that begins with `prefix`, in the order of their bytes, on this thread, until it returns 0.
     * `visit` may not call `dsotp.kv/1`. [any-thread]
     */
    dsotp_status (*visit)(
        const dsotp_host *host, dsotp_plugin_bytes prefix,
        uint32_t (*visit)(void *context, dsotp_host_bytes key, dsotp_host_bytes value), void *context, dsotp_error *error);
} dsotp_kv;

#endif

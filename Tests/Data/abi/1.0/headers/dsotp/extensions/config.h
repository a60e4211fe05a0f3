/**
 * `dsotp.config/1`: single values of the configuration, for services that would rather not parse JSON.
 *
 * A path names a value inside the manifest's `config`: keys and list indexes joined by dots, `mapping.0.field`; a dot or a
 * backslash inside a key is written `\.` or `\\`. The values are those of the latest `configure`, during it as well.
 */
#ifndef DSOTP_EXTENSIONS_CONFIG_H
#define DSOTP_EXTENSIONS_CONFIG_H

#include "../plugin.h"

#define DSOTP_EXT_CONFIG "dsotp.config/1"

typedef struct dsotp_config {
    uint32_t size;
    uint32_t reserved;
    /** A text. `value` is the host's and valid until the next `configure`. [lifecycle] [message]
     * @return DSOTP_NOT_FOUND, or DSOTP_INVALID_CONFIGURATION if it is there with another type (all four getters). */
    dsotp_status (*get_text)(
        const dsotp_host *host, dsotp_plugin_bytes path, dsotp_host_bytes *value, dsotp_error *error);
    /** A number, whole or not. [lifecycle] [message] */
    dsotp_status (*get_number)(const dsotp_host *host, dsotp_plugin_bytes path, double *value, dsotp_error *error);
    /** A whole number. [lifecycle] [message] */
    dsotp_status (*get_integer)(const dsotp_host *host, dsotp_plugin_bytes path, int64_t *value, dsotp_error *error);
    /** 1 or 0. [lifecycle] [message] */
    dsotp_status (*get_boolean)(const dsotp_host *host, dsotp_plugin_bytes path, uint32_t *value, dsotp_error *error);
    /** How many elements a list, or members an object, has. The empty path is the whole configuration. [lifecycle] [message] */
    dsotp_status (*get_count)(const dsotp_host *host, dsotp_plugin_bytes path, uint64_t *count, dsotp_error *error);
    /** The key of member `index` of an object, in the order of the manifest. [lifecycle] [message] */
    dsotp_status (*get_key)(
        const dsotp_host *host, dsotp_plugin_bytes path, uint64_t index, dsotp_host_bytes *key, dsotp_error *error);
} dsotp_config;

#endif

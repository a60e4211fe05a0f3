/**
 * Entry, negotiation and life of a service.
 *
 * dsotp_plugin_entry -> dsotp_module -> create -> configure -> start -> (on_messages | on_request | on_timer)* -> drain ->
 * stop -> destroy. A stopped instance may be configured and started again. Every callback must return within the deadline
 * that the manifest gives; a service that needs longer uses threads of its own.
 */
#ifndef DSOTP_PLUGIN_H
#define DSOTP_PLUGIN_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The host as one instance sees it; valid from `create` until `destroy` returns. Treat as opaque but for its members. */
typedef struct dsotp_host {
    uint32_t size;
    uint32_t reserved;
    /** The host's own; don't touch. */
    void *context;
    /**
     * The table of the extension `identifier`, for example `dsotp.log/1` (the DSOTP_EXT_… texts), or NULL if this host does not
     * offer it. The table lives as long as the host. [any-thread]
     */
    const void *(*get_extension)(const struct dsotp_host *host, dsotp_plugin_bytes identifier);
} dsotp_host;

/** One instance of a service; only the plugin knows what it points to. */
typedef void *dsotp_instance;

/** One message from the databus. */
typedef struct dsotp_message {
    uint32_t size;
    /** Index of the entry under `subscribe` in the manifest that the topic matched first. */
    uint32_t subscription;
    dsotp_host_bytes topic;
    dsotp_host_bytes payload;
    /** When the host received it. */
    dsotp_time received;
    /** Counts the deliveries to this instance, from 1, without holes but for dropped messages. */
    uint64_t sequence;
    /** Quality of service it was published with: 0, 1 or 2. */
    uint8_t qos;
    /** 1 if it is a retained message sent because of a new subscription. */
    uint8_t retained;
    /** 1 if it may have been delivered before. */
    uint8_t duplicate;
    uint8_t reserved[5];
} dsotp_message;

/** Messages in the order of their arrival. Walk them with ::dsotp_message_at: later hosts may use larger messages. */
typedef struct dsotp_message_batch {
    uint32_t size;
    uint32_t count;
    /** Distance between two messages in bytes. */
    uint64_t stride;
    const dsotp_message *messages;
    /** Messages dropped since the last batch because the mailbox was full (see `queue` in the manifest). */
    uint64_t dropped;
} dsotp_message_batch;

/** The message number `index` (0 … count-1) of a batch. */
static inline const dsotp_message *dsotp_message_at(const dsotp_message_batch *batch, uint32_t index) {
    return (const dsotp_message *)(const void *)((const char *)batch->messages + (uint64_t)index * batch->stride);
}

/** What the site's manifest says to this service. */
typedef struct dsotp_configuration {
    uint32_t size;
    /** 1: only check and answer; change nothing, keep nothing. */
    uint32_t validate_only;
    /** The manifest's `config` as a JSON object; `{}` if it has none. See also `dsotp.config/1`. */
    dsotp_host_bytes json;
} dsotp_configuration;

/** An HTTP request to a route that the service registered (`dsotp.http/1`). Answer by `respond`, now or later. */
typedef struct dsotp_request {
    uint32_t size;
    /** The number given to the route when it was registered. */
    uint32_t route;
    /** Names this request in `respond`. */
    uint64_t identifier;
    dsotp_host_bytes method;
    /** The path below `/api/<service>`, beginning with `/`, percent-decoded. */
    dsotp_host_bytes path;
    dsotp_host_bytes content_type;
    dsotp_host_bytes body;
    /** Values of the `{name}` parts of the route's path. */
    const dsotp_host_pair *path_parameters;
    uint64_t path_parameter_count;
    /** Items of the query, percent-decoded, in their order. */
    const dsotp_host_pair *query_items;
    uint64_t query_item_count;
    /** Who asks. */
    dsotp_host_bytes user;
    /** `viewer`, `operator`, `engineer` or `admin`. */
    dsotp_host_bytes role;
    /** After this time the host has answered the client in the service's place. */
    dsotp_time deadline;
} dsotp_request;

/**
 * What a service can do. Members marked (optional) may be NULL. Where a function returns an error it fills `error`, if not NULL.
 */
typedef struct dsotp_service {
    uint32_t size;
    uint32_t reserved;
    /**
     * Makes an instance. It may keep `host`, and may not call it yet. `name` is the service's name in the manifest.
     * [lifecycle]
     */
    dsotp_status (*create)(
        const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error);
    /** Takes or, if `validate_only`, just checks the configuration. Called before `start`, never between start and stop. [lifecycle] */
    dsotp_status (*configure)(
        dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error);
    /**
     * Begins to work. Routes, timers and metrics are set up here. If it fails, `destroy` follows without `stop`: end first what was
     * begun, threads above all; so too if `configure` fails. [lifecycle]
     */
    dsotp_status (*start)(dsotp_instance instance, dsotp_error *error);
    /**
     * Takes a batch of messages (optional). When it returns DSOTP_OK, the messages are done; points written and messages
     * published meanwhile belong to the batch: a subscription with `acknowledge: stored` is acknowledged once these points
     * are durable. A retryable error (`error->retryable` 1) brings the same batch again, after a pause and with `duplicate` 1;
     * meanwhile the service is shown as degraded. Any other error gives the batch up: counted, logged, and where
     * `acknowledge: stored` its messages are published to `poison/<topic>` as they were, then acknowledged. [message]
     */
    dsotp_status (*on_messages)(
        dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error);
    /** Takes an HTTP request (optional). An error is answered to the client in the service's name. [message] */
    dsotp_status (*on_request)(dsotp_instance instance, const dsotp_request *request, dsotp_error *error);
    /** A timer of `dsotp.timer/1` is due (optional). [message] */
    dsotp_status (*on_timer)(dsotp_instance instance, uint64_t timer, dsotp_time now, dsotp_error *error);
    /** No more messages will come: finish what is begun until `deadline` (optional). [lifecycle] */
    dsotp_status (*drain)(dsotp_instance instance, dsotp_time deadline, dsotp_error *error);
    /** Ends all work. When it returns, no thread of the service uses the host any more. [lifecycle] */
    dsotp_status (*stop)(dsotp_instance instance, dsotp_error *error);
    /** Frees the instance. The library itself stays loaded. [lifecycle] */
    void (*destroy)(dsotp_instance instance);
    /**
     * The plugin's own table for the extension `identifier`, for example `dsotp.health/1`, or NULL (optional). The table lives
     * as long as the instance. [lifecycle]
     */
    const void *(*get_extension)(dsotp_instance instance, dsotp_host_bytes identifier);
} dsotp_service;

/** What a library contains. All of it lives as long as the process. */
typedef struct dsotp_module {
    uint32_t size;
    /**
     * The ABI that the library speaks with this host: DSOTP_ABI_MAJOR of its headers, and DSOTP_ABI_MINOR of them or, where the host's
     * newest is older, that one (::dsotp_agree).
     */
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t reserved;
    /** Unique for ever, reverse DNS: `org.example.voltage-band`. */
    dsotp_plugin_bytes identifier;
    /** Semantic version: `1.4.0`. */
    dsotp_plugin_bytes version;
    /** One line for a person. */
    dsotp_plugin_bytes summary;
    const dsotp_service *service;
} dsotp_module;

/** The host that wants to load a library, and the range of ABI versions it serves. */
typedef struct dsotp_host_abi {
    uint32_t size;
    uint32_t major;
    uint32_t oldest_minor;
    uint32_t newest_minor;
    dsotp_host_bytes name;
    dsotp_host_bytes version;
    /** Where the library says why it refuses; never NULL. */
    dsotp_error *refusal;
} dsotp_host_abi;

/**
 * Whether a library made with these headers can work with this host. `oldest_minor` is the oldest minor whose host it can do with: 0 if it
 * looks with ::DSOTP_HAS at every member that came later, and does without extensions that the host lacks. If they agree it returns 1, and
 * `*minor` is what to say in `dsotp_module.abi_minor`: the newest that both know. Else it returns 0: fill `host->refusal`, return NULL.
 */
static inline int dsotp_agree(const dsotp_host_abi *host, uint32_t oldest_minor, uint32_t *minor) {
    const uint32_t own = DSOTP_ABI_MINOR;
    if (host->major != DSOTP_ABI_MAJOR || host->newest_minor < oldest_minor || own < host->oldest_minor) return 0;
    *minor = host->newest_minor < own ? host->newest_minor : own;
    return 1;
}

/**
 * The one function that a service library exports. Returns the module, or NULL after filling `host->refusal` if the library
 * can't work with this host. Must be quick and without side effects: hosts call it to look at a library. [entry]
 */
const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host);

#ifdef __cplusplus
}
#endif

#endif

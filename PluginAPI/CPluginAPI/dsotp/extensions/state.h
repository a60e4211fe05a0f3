/**
 * `dsotp.state/1`, offered by the plugin: what a service knows, handed from one instance to the next when its library or its manifest
 * is exchanged while the host runs.
 *
 * The order of an exchange: the new instance is created and checks its configuration while the old one works; then the old one
 * drains, saves and stops; the new one is configured, loads, starts, and gets the messages that waited. If any step of the new one
 * fails, a fresh instance of the old library is configured, loads what was saved, and goes on.
 *
 * The state is for the moment of the exchange. It is no substitute for `dsotp.kv/1`, which also outlives the host and a crash.
 */
#ifndef DSOTP_EXTENSIONS_STATE_H
#define DSOTP_EXTENSIONS_STATE_H

#include "../plugin.h"

#define DSOTP_EXT_STATE "dsotp.state/1"

/** The most bytes that a state may have. */
#define DSOTP_STATE_LIMIT 67108864u

typedef struct dsotp_state {
    uint32_t size;
    /** The version of the state's form that `save` writes; from 1, greater with each change of the form. */
    uint32_t version;
    /**
     * The oldest version that `load` reads, at most `version`. The host never calls `load` with a version outside of
     * `oldest_version` … `version`: an exchange that would need it is refused, with a sentence, before the old instance is touched,
     * unless the manifest says `upgrade: {state: discard}`.
     */
    uint32_t oldest_version;
    uint32_t reserved;
    /**
     * Writes what the next instance needs. Called once, after `drain` and before `stop`; the instance gets no messages any more.
     * The bytes are the host's to release, and may be empty. An error ends the exchange: a fresh instance of the same library
     * goes on without a state. [lifecycle]
     */
    dsotp_status (*save)(dsotp_instance instance, dsotp_owned_bytes *state, dsotp_error *error);
    /**
     * Takes over what an earlier instance saved with the form `version`. Called at most once, after `configure` and before `start`;
     * the bytes are lent for the call. An error ends the exchange as above. [lifecycle]
     */
    dsotp_status (*load)(dsotp_instance instance, uint32_t version, dsotp_host_bytes state, dsotp_error *error);
} dsotp_state;

#endif

/** `dsotp.command_outcomes/1`, offered by the plugin: how its commands (`dsotp.command/1`) fare, told on the service's own thread. */
#ifndef DSOTP_EXTENSIONS_COMMAND_OUTCOMES_H
#define DSOTP_EXTENSIONS_COMMAND_OUTCOMES_H

#include "command.h"

#define DSOTP_EXT_COMMAND_OUTCOMES "dsotp.command_outcomes/1"

/** One thing that became of a command. Those of one command come in the order in which they happened. */
typedef struct dsotp_command_outcome {
    uint32_t size;
    /** DSOTP_COMMAND_ACCEPTED … DSOTP_COMMAND_DRY_RUN_DONE; others may be added. */
    uint32_t outcome;
    /** The command's number. */
    uint64_t command;
    /** 1 if nothing more comes of this command. */
    uint32_t is_final;
    /** Class of the command that superseded it, else 0. */
    uint32_t by_class;
    dsotp_host_bytes device;
    /** The command's idempotency key. */
    dsotp_host_bytes key;
    /** One sentence for a person; may be empty. */
    dsotp_host_bytes sentence;
    /** Who superseded or cancelled it. */
    dsotp_host_bytes by;
    /** The JSON value that the device reported last, if a confirmation was expected. */
    dsotp_host_bytes reported;
    /** When it happened. */
    dsotp_time time;
    /** Until when the device is held by this command, or by the one that superseded it; 0 if that is not known. */
    dsotp_time until;
} dsotp_command_outcome;

/** Outcomes in their order. Walk them with ::dsotp_command_outcome_at. */
typedef struct dsotp_command_outcome_batch {
    uint32_t size;
    uint32_t count;
    /** Distance between two outcomes in bytes. */
    uint64_t stride;
    const dsotp_command_outcome *outcomes;
    /** Outcomes lost since the last batch because the service did not take them in time. */
    uint64_t dropped;
} dsotp_command_outcome_batch;

/** The outcome number `index` (0 … count-1) of a batch. */
static inline const dsotp_command_outcome *dsotp_command_outcome_at(const dsotp_command_outcome_batch *batch, uint32_t index) {
    return (const dsotp_command_outcome *)(const void *)((const char *)batch->outcomes + (uint64_t)index * batch->stride);
}

typedef struct dsotp_command_outcomes {
    uint32_t size;
    uint32_t reserved;
    /** Takes outcomes. An error is counted and logged; the outcomes do not come again. [message] */
    dsotp_status (*on_outcomes)(
        dsotp_instance instance, const dsotp_command_outcome_batch *batch, dsotp_error *error);
} dsotp_command_outcomes;

#endif

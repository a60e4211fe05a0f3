/**
 * `dsotp.command/1`: acting on devices. A command is a request to the host's arbiter, which lets one holder at a time act on a device:
 * a higher class pre-empts a lower one, a service may replace its own command, the same class of another service is refused while
 * the first holds. What is granted is published for the service; how a command fares comes by `dsotp.command_outcomes/1`, but for what
 * `submit` answered itself. What a service may command stands in the manifest's `commands`; without that nothing is permitted.
 */
#ifndef DSOTP_EXTENSIONS_COMMAND_H
#define DSOTP_EXTENSIONS_COMMAND_H

#include "../plugin.h"

#define DSOTP_EXT_COMMAND "dsotp.command/1"

/** Priority classes; the higher number goes before the lower. */
enum {
    DSOTP_COMMAND_CLASS_OPTIMISATION = 1,
    DSOTP_COMMAND_CLASS_BALANCING = 2,
    DSOTP_COMMAND_CLASS_FLISR = 3,
    DSOTP_COMMAND_CLASS_OPERATOR = 4,
    DSOTP_COMMAND_CLASS_PROTECTION = 5
};

/** Flags of a command. */
enum {
    /** If a higher class holds the device: wait until `expires` instead of being refused. */
    DSOTP_COMMAND_WAIT = 1,
    /** Decide, record and tell, but do not publish. A site's or a manifest's dry run holds whatever is asked here. */
    DSOTP_COMMAND_DRY_RUN = 2
};

/** What becomes of a command; see `dsotp.command_outcomes/1`. */
enum {
    DSOTP_COMMAND_ACCEPTED = 1,      /**< It is permitted; it is published now, or waits for its time or its device. */
    DSOTP_COMMAND_DISPATCHED = 2,    /**< It is published and holds the device. */
    DSOTP_COMMAND_CONFIRMED = 3,     /**< The device reported what was expected. */
    DSOTP_COMMAND_NOT_CONFIRMED = 4, /**< The device did not report it in time. */
    DSOTP_COMMAND_SUPERSEDED = 5,    /**< Another command, or an operator's lock, took its place: `by`, `until`. */
    DSOTP_COMMAND_EXPIRED = 6,       /**< Its hold ended, or it could not be published before it expired. */
    DSOTP_COMMAND_REFUSED = 7,       /**< The arbiter does not grant it; the sentence says why. */
    DSOTP_COMMAND_CANCELLED = 8,     /**< Its service, an operator or the service's end took it back. */
    DSOTP_COMMAND_FAILED = 9,        /**< The databus did not take it. */
    DSOTP_COMMAND_DRY_RUN_DONE = 10  /**< Decided and recorded, and because of a dry run not published. */
};

/** What the device is expected to report. `topic` is one that the site watches (`commands: confirmations` in site.yaml). */
typedef struct dsotp_command_confirmation {
    uint32_t size;
    uint32_t reserved;
    /** A topic name, for example `switches/<mRID>`. */
    dsotp_plugin_bytes topic;
    /** Member of the JSON object that is reported, members of members joined by dots; empty: the whole payload. */
    dsotp_plugin_bytes field;
    /** The expected JSON text, number, true or false, for example `"open"`; empty: the number of the command itself. */
    dsotp_plugin_bytes value;
    /** By how much a number may differ, in the unit of the field. */
    double tolerance;
    /** How long it may take after the publishing; at most one hour. */
    dsotp_duration within;
} dsotp_command_confirmation;

/** A command. All texts are UTF-8. */
typedef struct dsotp_command {
    uint32_t size;
    /** DSOTP_COMMAND_CLASS_…, at most what the manifest permits. */
    uint32_t command_class;
    /** DSOTP_COMMAND_… flags joined by `|`. */
    uint32_t flags;
    uint32_t reserved;
    /** What is acted on: an asset or the mRID of a switch, one topic level of at most 256 bytes. Empty: the one that `topic` names. */
    dsotp_plugin_bytes device;
    /** A command topic of the site that names the device; empty: `setpoints/<device>`. */
    dsotp_plugin_bytes topic;
    /** JSON, published as it is, at most 64 KiB; empty: a set-point, see `value`. */
    dsotp_plugin_bytes payload;
    /** The set-point, finite. It is published as `{"value", "unit", "command", "source", "class", "hold_seconds", "reason"}`. */
    double value;
    /** The set-point's unit, `kW` for example; empty if it has none. At most 32 bytes. */
    dsotp_plugin_bytes unit;
    /** Idempotency key, unique within the service, at most 128 bytes: a command with a key that is known is not made again. May be empty. */
    dsotp_plugin_bytes key;
    /** Why, for people and for the record; at most 512 bytes. */
    dsotp_plugin_bytes reason;
    /** Not published before this time, at most 366 days ahead; 0: at once. */
    dsotp_time not_before;
    /** If it can't be published until then, at most 366 days ahead, it expires; 0: 60 s after `not_before` or now. */
    dsotp_time expires;
    /** How long it holds the device after the publishing; 0: until it is confirmed or not, or not at all without `confirmation`. */
    dsotp_duration hold;
    /** What the device is to report, or NULL. */
    const dsotp_command_confirmation *confirmation;
} dsotp_command;

/** The arbiter's first word on a command; the plugin owns `sentence`. */
typedef struct dsotp_command_decision {
    uint32_t size;
    /** DSOTP_COMMAND_ACCEPTED or DSOTP_COMMAND_REFUSED. */
    uint32_t outcome;
    /** The command's number, unique for ever in its site, that of a refused one too. */
    uint64_t command;
    /** 1 if the same command may be accepted later without a change by a person. */
    uint32_t retryable;
    uint32_t reserved;
    /** Why it was refused, or what it waits for; may be empty. */
    dsotp_owned_bytes sentence;
} dsotp_command_decision;

/** Who may act on a device; the plugin owns `holder` and `lock`. */
typedef struct dsotp_command_device {
    uint32_t size;
    /** Class of the command that holds it, 0 if it is free. */
    uint32_t command_class;
    /** That command. */
    uint64_t command;
    /** Until when it is held, as far as is known; 0 if it is free. */
    dsotp_time until;
    /** 1 if an operator blocked it: none but protection acts on it. */
    uint32_t is_locked;
    /** How many commands wait for it. */
    uint32_t waiting;
    /** Service or user that holds it. */
    dsotp_owned_bytes holder;
    /** Who blocked it and why. */
    dsotp_owned_bytes lock;
} dsotp_command_device;

typedef struct dsotp_command_table {
    uint32_t size;
    uint32_t reserved;
    /**
     * Submits `count` commands in their order, at most 10,000; `stride` and `decision_stride` are the distances between two in bytes.
     * The caller sets `size` of each decision and zeroes the rest. One refused command does not stop the others. [any-thread]
     * @return DSOTP_OK if each has its decision; DSOTP_INVALID_ARGUMENT (a malformed command: none is submitted),
     *         DSOTP_NOT_PERMITTED (the manifest has no `commands`).
     */
    dsotp_status (*submit)(
        const dsotp_host *host, const dsotp_command *commands, uint64_t count, uint64_t stride,
        dsotp_command_decision *decisions, uint64_t decision_stride, dsotp_error *error);
    /** Holds the device of an own command for `hold` from now on. [any-thread]
     * @return DSOTP_NOT_FOUND if the command is not the service's or holds nothing (any more). */
    dsotp_status (*renew)(const dsotp_host *host, uint64_t command, dsotp_duration hold, dsotp_error *error);
    /** Takes an own command back; what was published stays so, and the device is free. [any-thread]
     * @return DSOTP_NOT_FOUND if the command is not the service's or has ended. */
    dsotp_status (*cancel)(const dsotp_host *host, uint64_t command, dsotp_error *error);
    /** Who holds a device; the caller sets `size` and zeroes the rest. A device that nobody commands is free. [any-thread] */
    dsotp_status (*device)(
        const dsotp_host *host, dsotp_plugin_bytes device, dsotp_command_device *state, dsotp_error *error);
} dsotp_command_table;

#endif

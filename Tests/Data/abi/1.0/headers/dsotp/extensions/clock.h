/** `dsotp.clock/1`: the time a service should go by. Real in operation; virtual in tests and in replay, where it stands still
 * during a callback. */
#ifndef DSOTP_EXTENSIONS_CLOCK_H
#define DSOTP_EXTENSIONS_CLOCK_H

#include "../plugin.h"

#define DSOTP_EXT_CLOCK "dsotp.clock/1"

typedef struct dsotp_clock {
    uint32_t size;
    uint32_t reserved;
    /** The time of day, UTC. [any-thread] */
    dsotp_time (*now)(const dsotp_host *host);
    /** A clock that never goes back, from an arbitrary origin: for measuring durations. [any-thread] */
    dsotp_time (*monotonic)(const dsotp_host *host);
} dsotp_clock;

#endif

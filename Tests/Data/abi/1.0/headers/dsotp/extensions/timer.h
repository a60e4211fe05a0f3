/** `dsotp.timer/1`: timers on the service's own thread, on the time of `dsotp.clock/1`. */
#ifndef DSOTP_EXTENSIONS_TIMER_H
#define DSOTP_EXTENSIONS_TIMER_H

#include "../plugin.h"

#define DSOTP_EXT_TIMER "dsotp.timer/1"

typedef struct dsotp_timer {
    uint32_t size;
    uint32_t reserved;
    /**
     * Sets timer `timer` (a number of the service's choice) to call `on_timer` at `first`, then every `period`, or once if
     * `period` is 0. Set again, it replaces the former setting. Periods missed while a callback ran are not made up: one call
     * comes, the next at the next multiple. All timers end with `stop`. [any-thread]
     * @return DSOTP_INVALID_ARGUMENT if `period` is negative; DSOTP_LIMIT_REACHED above 1,024 timers.
     */
    dsotp_status (*set)(
        const dsotp_host *host, uint64_t timer, dsotp_time first, dsotp_duration period, dsotp_error *error);
    /** Ends a timer; one that isn't set is ignored. [any-thread] */
    void (*cancel)(const dsotp_host *host, uint64_t timer);
} dsotp_timer;

#endif

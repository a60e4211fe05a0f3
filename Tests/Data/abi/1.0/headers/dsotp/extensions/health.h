/** `dsotp.health/1`, offered by the plugin: how the service itself judges its state. The host asks every few seconds. */
#ifndef DSOTP_EXTENSIONS_HEALTH_H
#define DSOTP_EXTENSIONS_HEALTH_H

#include "../plugin.h"

#define DSOTP_EXT_HEALTH "dsotp.health/1"

typedef struct dsotp_health {
    uint32_t size;
    uint32_t reserved;
    /**
     * Returns 1 if all is well. Returns 0 if the service works but not as it should; `sentence` then says why, and the
     * service is shown as degraded until it returns 1 again. [message]
     */
    uint32_t (*check)(dsotp_instance instance, dsotp_owned_bytes *sentence);
} dsotp_health;

#endif

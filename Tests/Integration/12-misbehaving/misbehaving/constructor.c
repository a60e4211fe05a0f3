/* Crashes while it is loaded, before the host could ask it anything. */
#include "service.h"

__attribute__((constructor)) static void early(void) { *(volatile int *)8 = 1; }

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    return DSOTP_OK;
}

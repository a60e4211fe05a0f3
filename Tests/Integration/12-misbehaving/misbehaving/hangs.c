/* Does not come back. */
#include "service.h"

#include <signal.h>

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    if (is_deed("hang")) for (;;) pause();
    if (is_deed("spin")) for (volatile unsigned long i = 0;; i++) {}
    if (is_deed("stop-itself")) raise(SIGSTOP);
    if (is_deed("hang-deaf")) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, NULL);
        for (int signal = 1; signal < 32; signal++) sigignore(signal);
        for (;;) pause();
    }
    return DSOTP_OK;
}

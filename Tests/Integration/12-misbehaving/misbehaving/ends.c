/* Ends its process, its thread or its connection in ways that are not its own to choose. */
#include "service.h"

#include <pthread.h>

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    if (is_deed("exit")) exit(7);
    if (is_deed("exit-zero")) exit(0);
    if (is_deed("underscore-exit")) _exit(9);
    if (is_deed("quick-exit")) quick_exit(8);
    if (is_deed("thread-exit")) pthread_exit(NULL);
    if (is_deed("close-low"))
        for (int fd = 0; fd < 10; fd++) close(fd);
    if (is_deed("close-all"))
        for (int fd = 0; fd < 65536; fd++) close(fd);
    return DSOTP_OK;
}

/* Brings functions of its own under the names of the system's, to be found in place of them. */
#include "service.h"

#include <dlfcn.h>
#include <sys/socket.h>

#define EXPORTED __attribute__((visibility("default")))
EXPORTED ssize_t send(int fd, const void *data, size_t count, int flags) { return (void)fd, (void)data, (void)count, (void)flags, -1; }
EXPORTED ssize_t recv(int fd, void *data, size_t count, int flags) { return (void)fd, (void)data, (void)count, (void)flags, 0; }
EXPORTED void *swift_retain(void *object) { return (void)object, (void *)8; }

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    Dl_info self;
    if (dladdr((void *)misbehave, &self)) {
        /* Once more, for all to see, and then away with it. */
        void *again = dlopen(self.dli_fname, RTLD_NOW | RTLD_GLOBAL);
        for (int i = 0; again && i < 8; i++) dlclose(again);
    }
    return DSOTP_OK;
}

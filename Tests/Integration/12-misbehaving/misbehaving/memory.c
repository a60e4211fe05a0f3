/* Takes more memory than its manifest grants. */
#include "service.h"

#include <sys/mman.h>

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    const size_t piece = 4 << 20, ten_gigabytes = (size_t)10 << 30;
    if (is_deed("leak"))
        for (;;) {
            char *lost = malloc(piece);
            if (lost) memset(lost, 1, piece);
            usleep(2000);
        }
    if (is_deed("allocate")) {
        char *all = malloc(ten_gigabytes);
        memset(all, 1, ten_gigabytes);
    }
    if (is_deed("map")) {
        /* Shared memory is not counted by a limit on data. */
        char *all = mmap(NULL, ten_gigabytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (size_t at = 0; at < ten_gigabytes; at += piece) {
            memset(all + at, 1, piece);
            usleep(2000);
        }
    }
    return DSOTP_OK;
}

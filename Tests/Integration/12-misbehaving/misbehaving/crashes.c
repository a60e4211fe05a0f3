/* Ends its process by a fault of the machine or of its own making. */
#include "service.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

static volatile int zero;

static __attribute__((noinline)) int recurse(volatile char *above) {
    volatile char room[4096];
    room[0] = above ? above[0] : 1;
    return recurse(room) + room[1];
}

static __attribute__((noinline)) void smash(void) {
    volatile char *here = (volatile char *)__builtin_frame_address(0);
    for (int i = -64; i < 4096; i++) here[i] = 0x41;
}

static void corrupt_heap(void) {
    char *blocks[64];
    for (int i = 0; i < 64; i++) blocks[i] = malloc(40);
    for (int i = 0; i < 64; i++) memset(blocks[i] - 16, 0x5A, 72);
    for (int i = 0; i < 64; i++) free(blocks[i]);
    abort();
}

static void *crash_later(void *unused) {
    usleep(300000);
    *(volatile int *)16 = 1;
    return unused;
}

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    if (is_deed("segfault")) *(volatile int *)8 = 1;
    if (is_deed("trap")) __builtin_trap();
    if (is_deed("abort")) {
        fprintf(stderr, "assertion failed: the grid is in order\n");
        abort();
    }
    if (is_deed("divide")) return 100 / zero;
    if (is_deed("bus-error")) {
        FILE *empty = tmpfile();
        volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(empty), 0);
        page[0] = 1;
    }
    if (is_deed("stack-overflow")) return recurse(NULL);
    if (is_deed("stack-smash")) smash();
    if (is_deed("heap-corruption")) corrupt_heap();
    if (is_deed("wild-jump")) ((void (*)(void))(uintptr_t)0x1234)();
    if (is_deed("kill-itself")) kill(getpid(), SIGKILL);
    if (is_deed("thread-crash")) {
        pthread_t thread;
        pthread_create(&thread, NULL, crash_later, NULL);
    }
    return DSOTP_OK;
}

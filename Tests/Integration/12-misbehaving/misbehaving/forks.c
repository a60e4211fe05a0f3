/* Makes processes that keep its descriptors and mean to outlive it. */
#include "service.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static void linger(void) {
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    for (;;) sleep(1000);
}

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    if (is_deed("fork"))
        for (int i = 0; i < 3; i++)
            if (fork() == 0) linger();
    if (is_deed("daemonise") && fork() == 0) {
        setsid();
        if (fork() > 0) _exit(0);
        linger();
    }
    if (is_deed("spawn")) {
        pid_t child;
        char *arguments[] = {"sh", "-c", "trap '' TERM HUP; sleep 1000 & sleep 1000", NULL};
        posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ);
    }
    if (is_deed("spawn-session")) {
        pid_t child;
        char *arguments[] = {"setsid", "sleep", "1000", NULL};
        posix_spawnp(&child, "setsid", NULL, NULL, arguments, environ);
    }
    if (is_deed("spawn-group")) {
        pid_t child;
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        char *arguments[] = {"sleep", "1000", NULL};
        posix_spawnp(&child, "sleep", NULL, &attributes, arguments, environ);
    }
    if (is_deed("fork-and-crash")) {
        if (fork() == 0) linger();
        *(volatile int *)8 = 1;
    }
    usleep(100000);
    return DSOTP_OK;
}

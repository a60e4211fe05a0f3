/* Changes what belongs to the whole process, or reaches for its parent. */
#include "service.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

static void change_process(void) {
    sigset_t all;
    if (chdir("/proc")) perror("chdir");
    umask(0777);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NOFILE, &none);
    setrlimit(RLIMIT_FSIZE, &none);
    clearenv();
    setenv("LD_PRELOAD", "/nowhere.so", 1);
    prctl(PR_SET_NAME, "innocent");
}

/* Every socket that it can find: that is the host's connection. */
static void each_socket(void (*body)(int)) {
    for (int fd = 0; fd < 65536; fd++) {
        struct stat status;
        if (!fstat(fd, &status) && S_ISSOCK(status.st_mode)) body(fd);
    }
}

static void write_garbage(int fd) {
    char garbage[4096];
    for (size_t i = 0; i < sizeof garbage; i++) garbage[i] = (char)(i * 37 + 11);
    send(fd, garbage, sizeof garbage, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void shut(int fd) { shutdown(fd, SHUT_RDWR); }

static void replace(int fd) {
    int nothing = open("/dev/zero", O_RDWR);
    dup2(nothing, fd);
}

static dsotp_status misbehave(dsotp_error *error) {
    (void)error;
    if (is_deed("change-process")) change_process();
    if (is_deed("terminate-parent")) kill(getppid(), SIGTERM);
    if (is_deed("kill-parent")) kill(getppid(), SIGKILL);
    if (is_deed("stop-parent")) sigqueue(getppid(), SIGSTOP, (union sigval){0});
    if (is_deed("outlive-parent")) {
        prctl(PR_SET_PDEATHSIG, 0);
        for (;;) sleep(1000);
    }
    if (is_deed("write-garbage")) each_socket(write_garbage);
    if (is_deed("shut-connections")) each_socket(shut);
    if (is_deed("replace-connections")) each_socket(replace);
    return DSOTP_OK;
}

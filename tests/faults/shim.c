/* Preloaded: the FAULT_AT-th call that changes a file below FAULT_UNDER fails or kills the process group.
   FAULT_KIND is kill, eio or enospc. Each call adds one byte to FAULT_COUNT, for all processes together. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_below(const char *path) {
    const char *under = getenv("FAULT_UNDER");
    char full[2 * PATH_MAX];
    if (!under || !path) return 0;
    if (path[0] != '/') {
        if (!getcwd(full, PATH_MAX)) return 0;
        strncat(full, "/", 2);
        strncat(full, path, PATH_MAX);
        path = full;
    }
    return strncmp(path, under, strlen(under)) == 0;
}

static int is_open_below(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0 || path[0] != '/') return 0; /* a pipe or a socket */
    path[size] = 0;
    return is_below(path);
}

/* Returns 1 when this call is to fail; errno is set. */
static int strikes(void) {
    const char *count = getenv("FAULT_COUNT"), *kind = getenv("FAULT_KIND"), *at = getenv("FAULT_AT");
    if (!count) return 0;
    int before = errno, file = syscall(SYS_openat, AT_FDCWD, count, O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct stat state;
    long number = 0;
    if (file >= 0) {
        syscall(SYS_write, file, "x", 1);
        if (syscall(SYS_fstat, file, &state) == 0) number = state.st_size;
        syscall(SYS_close, file);
    }
    errno = before;
    if (!at || !kind || number < atol(at)) return 0;
    if (strcmp(kind, "kill") == 0) {
        if (number == atol(at)) kill(0, SIGKILL);
        return 0;
    }
    errno = strcmp(kind, "eio") == 0 ? EIO : ENOSPC;
    /* A disk that fails once may go on; a full one stays full. */
    return strcmp(kind, "eio") != 0 || number == atol(at);
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *data, size_t size) {
    REAL(write);
    if (is_open_below(file) && strikes()) return -1;
    return real(file, data, size);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t size) {
    ssize_t (*real)(int, int, off_t *, size_t) = dlsym(RTLD_NEXT, "sendfile");
    if (is_open_below(to) && strikes()) return -1;
    return real(to, from, offset, size);
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t size) { return sendfile(to, from, offset, size); }
int fsync(int file) {
    REAL(fsync);
    if (is_open_below(file) && strikes()) return -1;
    return real(file);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    if (is_below(to) && strikes()) return -1;
    return real(from, to);
}
int unlink(const char *path) {
    REAL(unlink);
    const char *kind = getenv("FAULT_KIND");
    if (is_below(path) && kind && strcmp(kind, "enospc") && strikes()) return -1;
    return real(path);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (is_below(path) && strikes()) return -1;
    return real(path, mode);
}
int link(const char *from, const char *to) {
    REAL(link);
    if (is_below(to) && strikes()) return -1;
    return real(from, to);
}
static int opened(const char *name, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
    if ((flags & O_CREAT) && is_below(path) && strikes()) return -1;
    return real(path, flags, mode);
}
#define MODE mode_t mode = 0; if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *path, int flags, ...) { MODE return opened("open", path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened("open64", path, flags, mode); }

// Loaded before the C library into a program under test: the disk beneath the folder in FAULTY_DISK_FOLDER is full, or can be
// read only, as long as the file in FAULTY_DISK begins with F or R; that may change while the program runs. What is not in that
// folder, and what is no regular file, works as it does.
#define _GNU_SOURCE
#include "faultydisk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const volatile char *fault;
static const char *folder;

__attribute__((constructor)) static void open_fault(void) {
    const char *path = getenv("FAULTY_DISK");
    folder = getenv("FAULTY_DISK_FOLDER");
    int file = path && folder ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) fault = mapped;
}

static int is_there(const char *path) { return strncmp(path, folder, strlen(folder)) == 0; }

// Why a file may not grow now; 0 where it may.
static int refusal(int file) {
    if (!fault || (*fault != 'F' && *fault != 'R')) return 0;
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!is_there(path)) return 0;
    return *fault == 'F' ? ENOSPC : EROFS;
}

// A file in the folder may be opened for writing, or made, where the disk is just full.
static int refuses_open(const char *path, int flags) {
    if (!fault || *fault != 'R' || !(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))) return 0;
    char whole[PATH_MAX];
    if (path[0] != '/') {
        if (!getcwd(whole, sizeof whole)) return 0;
        size_t length = strlen(whole);
        snprintf(whole + length, sizeof whole - length, "/%s", path);
        path = whole;
    }
    return is_there(path);
}

#define FAIL(file)                 \
    do {                           \
        int code = refusal(file);  \
        if (code) {                \
            errno = code;          \
            return -1;             \
        }                          \
    } while (0)

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count) {
    FAIL(file);
    return REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    FAIL(file);
    return REAL(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    FAIL(file);
    return REAL(pwrite64)(file, bytes, count, at);
}

int fallocate(int file, int mode, off_t at, off_t length) {
    FAIL(file);
    return REAL(fallocate)(file, mode, at, length);
}

int posix_fallocate(int file, off_t at, off_t length) {
    int code = refusal(file);
    return code ? code : REAL(posix_fallocate)(file, at, length);
}

int access(const char *path, int mode) {
    if ((mode & W_OK) && refuses_open(path, O_RDWR)) {
        errno = EROFS;
        return -1;
    }
    return REAL(access)(path, mode);
}

static int open_mode(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
}

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list arguments;                                    \
        va_start(arguments, flags);                           \
        int mode = open_mode(flags, arguments);               \
        va_end(arguments);                                    \
        if (refuses_open(path, flags)) {                      \
            errno = EROFS;                                    \
            return -1;                                        \
        }                                                     \
        return REAL(name)(path, flags, mode);                 \
    }

OPEN(open)
OPEN(open64)

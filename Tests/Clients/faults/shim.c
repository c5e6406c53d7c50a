/* A disk that fails on demand, for the program that it is preloaded into.
 *
 *   LD_PRELOAD=…/shim.so FAULTS_PREFIX=/data/team.db FAULTS_CONTROL=/data/control program
 *
 * Calls on files whose path starts with the prefix fail as the control file says. That is a
 * `struct control`, mapped and shared, so whoever started the program changes it while it runs.
 * The files are found by the descriptor's own name in /proc, so nothing has to be remembered.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* What fails; the same numbers are in programs.py. */
enum kind {
    NOTHING = 0,
    FULL = 1,        /* every write says ENOSPC, as on a file system that copies on write */
    FULL_GROWTH = 2, /* writes behind the end of the file say ENOSPC, as on most others */
    WRITE_ERROR = 3, /* every write says EIO */
    SYNC_ERROR = 4,  /* every sync says EIO; what was written is there, but nobody vouches for it */
    ERROR = 5,       /* writes and syncs say EIO */
    READ_ONLY = 6,   /* writes, and opening for writing, say EROFS */
    TORN = 7,        /* half of one write arrives; after that, writes and syncs say EIO */
    SLOW = 8,        /* nothing fails; writes and syncs take `first` milliseconds longer */
};

/* How a call may change a file. */
enum step { WRITE, SYNC, OPEN };

struct control {
    int64_t kind;
    int64_t first;  /* the first call that fails, counted from 1, among those that could */
    int64_t seen;   /* calls that could have failed, since the fault was set */
    int64_t failed; /* calls that did */
};

static struct control *control;
static const char *prefix;
static size_t prefix_length;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTS_CONTROL");
    prefix = getenv("FAULTS_PREFIX");
    if (!path || !prefix) return;
    prefix_length = strlen(prefix);
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *memory = MAP_FAILED;
    if (file >= 0)
        memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "faults: %s: %s\n", path, strerror(errno));
        _exit(125);
    }
    close(file);
    control = memory;
}

static int64_t kind(void)
{
    return control ? __atomic_load_n(&control->kind, __ATOMIC_ACQUIRE) : NOTHING;
}

static int is_ours(int descriptor)
{
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path);
    return length >= (ssize_t)prefix_length && memcmp(path, prefix, prefix_length) == 0;
}

/* The error that this kind of fault gives this kind of call; 0 for none. */
static int error_for(int64_t kind, enum step step, int grows)
{
    switch (kind) {
    case FULL: return step == WRITE ? ENOSPC : 0;
    case FULL_GROWTH: return step == WRITE && grows ? ENOSPC : 0;
    case WRITE_ERROR: return step == WRITE ? EIO : 0;
    case SYNC_ERROR: return step == SYNC ? EIO : 0;
    case ERROR:
    case TORN: return step != OPEN ? EIO : 0;
    case READ_ONLY: return step != SYNC ? EROFS : 0;
    default: return 0;
    }
}

/* Counts a call that could fail; whether it does, and if so, whether it is the first that does. */
static int strikes(int *is_first)
{
    int64_t number = __atomic_add_fetch(&control->seen, 1, __ATOMIC_ACQ_REL);
    int64_t first = __atomic_load_n(&control->first, __ATOMIC_ACQUIRE);
    if (number < first) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_ACQ_REL);
    if (is_first) *is_first = number == first;
    return 1;
}

static int grows(int descriptor, off64_t end)
{
    struct stat64 status;
    return fstat64(descriptor, &status) == 0 && end > status.st_size;
}

/* The error of a call on an open file, with errno set; 0 if it shall go through. */
static int fails(int descriptor, enum step step, off64_t end, int *is_first)
{
    int before = errno;
    int64_t now = kind();
    int error = 0;
    if (now == SLOW && step != OPEN && is_ours(descriptor)) {
        usleep(1000 * __atomic_load_n(&control->first, __ATOMIC_ACQUIRE));
    } else if (now != NOTHING && is_ours(descriptor)) {
        error = error_for(now, step, step == WRITE && grows(descriptor, end));
        if (error && !strikes(is_first)) error = 0;
    }
    errno = error ? error : before;
    return error;
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol) {
        fprintf(stderr, "faults: no %s to call\n", name);
        _exit(125);
    }
    return symbol;
}

/* Where a write at the present position ends. */
static off64_t end_of(int descriptor, size_t count)
{
    off64_t position = lseek64(descriptor, 0, SEEK_CUR);
    return position < 0 ? 0 : position + (off64_t)count;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    static __typeof__(&write) next;
    if (!next) next = REAL(write);
    int is_first = 0;
    /* Sockets have no position: it is asked for only while there is a fault. */
    off64_t end = kind() == NOTHING ? 0 : end_of(descriptor, count);
    if (fails(descriptor, WRITE, end, &is_first)) {
        if (kind() == TORN && is_first && count > 1) return next(descriptor, bytes, count / 2);
        return -1;
    }
    return next(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset)
{
    static __typeof__(&pwrite64) next;
    if (!next) next = REAL(pwrite64);
    int is_first = 0;
    if (fails(descriptor, WRITE, offset + (off64_t)count, &is_first)) {
        if (kind() == TORN && is_first && count > 1)
            return next(descriptor, bytes, count / 2, offset);
        return -1;
    }
    return next(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    return pwrite64(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count)
{
    static __typeof__(&writev) next;
    if (!next) next = REAL(writev);
    size_t bytes = 0;
    for (int index = 0; index < count; index++) bytes += pieces[index].iov_len;
    off64_t end = kind() == NOTHING ? 0 : end_of(descriptor, bytes);
    return fails(descriptor, WRITE, end, NULL) ? -1 : next(descriptor, pieces, count);
}

int fsync(int descriptor)
{
    static __typeof__(&fsync) next;
    if (!next) next = REAL(fsync);
    return fails(descriptor, SYNC, 0, NULL) ? -1 : next(descriptor);
}

int fdatasync(int descriptor)
{
    static __typeof__(&fdatasync) next;
    if (!next) next = REAL(fdatasync);
    return fails(descriptor, SYNC, 0, NULL) ? -1 : next(descriptor);
}

int ftruncate64(int descriptor, off64_t length)
{
    static __typeof__(&ftruncate64) next;
    if (!next) next = REAL(ftruncate64);
    return fails(descriptor, WRITE, length, NULL) ? -1 : next(descriptor, length);
}

int ftruncate(int descriptor, off_t length)
{
    return ftruncate64(descriptor, length);
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length)
{
    static __typeof__(&posix_fallocate64) next;
    if (!next) next = REAL(posix_fallocate64);
    /* This one returns its error. */
    int error = fails(descriptor, WRITE, offset + length, NULL);
    return error ? error : next(descriptor, offset, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length)
{
    return posix_fallocate64(descriptor, offset, length);
}

int fallocate64(int descriptor, int mode, off64_t offset, off64_t length)
{
    static __typeof__(&fallocate64) next;
    if (!next) next = REAL(fallocate64);
    int has_failed = fails(descriptor, WRITE, offset + length, NULL);
    return has_failed ? -1 : next(descriptor, mode, offset, length);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    return fallocate64(descriptor, mode, offset, length);
}

static int may_open(const char *path, int flags)
{
    int64_t now = kind();
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (now == NOTHING || !writes || strncmp(path, prefix, prefix_length) != 0) return 1;
    int error = error_for(now, OPEN, 0);
    if (!error || !strikes(NULL)) return 1;
    errno = error;
    return 0;
}

#define MODE(flags, mode)                                                                          \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

int open64(const char *path, int flags, ...)
{
    static int (*next)(const char *, int, ...);
    if (!next) next = REAL(open64);
    MODE(flags, mode)
    return may_open(path, flags) ? next(path, flags, mode) : -1;
}

int open(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open64(path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...)
{
    static int (*next)(int, const char *, int, ...);
    if (!next) next = REAL(openat64);
    MODE(flags, mode)
    return may_open(path, flags) ? next(directory, path, flags, mode) : -1;
}

int openat(int directory, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return openat64(directory, path, flags, mode);
}

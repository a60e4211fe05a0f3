/**
 * Types that every part of the plugin ABI uses: versions, memory and who owns it, time, quality, status and errors.
 *
 * Rules of the whole ABI
 * - Every struct that crosses begins with `uint32_t size`, set by whoever fills it to the `sizeof` it was compiled with.
 *   WARNING: structs are append-only. Add new members at the end only, never reorder, never change a member's type.
 *   A member may be read only if `size` covers it: see ::DSOTP_HAS.
 * - The value types below (`dsotp_host_bytes`, `dsotp_plugin_bytes`, `dsotp_owned_bytes`) have no `size`; they never change.
 * - Fixed-width types only. Text is UTF-8 and is not terminated by NUL. Times are nanoseconds since 1970-01-01T00:00:00Z.
 * - New meaning comes as an extension asked for by name and revision (`dsotp.timeseries/1`), not by changing what is here.
 *
 * - No function of either side lets a C++ exception, a longjmp or the like pass through it.
 *
 * Thread tags, written in brackets at each function
 * - [entry]      the host's loading thread; nothing of the host may be called.
 * - [lifecycle]  the service's own thread, while no other callback of the instance runs.
 * - [message]    the service's own thread; callbacks of one instance never overlap, with [lifecycle] included.
 * - [any-thread] any thread, between the begin of `configure` and the return of `stop`.
 * The service's own thread is one dedicated OS thread, the same for the whole life of the instance.
 */
#ifndef DSOTP_TYPES_H
#define DSOTP_TYPES_H

#include <stddef.h>
#include <stdint.h>

/**
 * The ABI that these headers describe. A host serves modules of the same major and of its own or an older minor; a library made with
 * newer headers can give such a module too: see ::dsotp_agree. The minor rises when a struct of `types.h` or `plugin.h` grows. A new
 * extension does not raise it, nor does a function appended to an extension's table: the one is asked for by name, the other by
 * ::DSOTP_HAS.
 */
#define DSOTP_ABI_MAJOR 1u
#define DSOTP_ABI_MINOR 0u

/** Whether the struct that `pointer` points to is large enough, as its filler says, to contain `member`. */
#define DSOTP_HAS(pointer, member) \
    ((size_t)(pointer)->size >= (size_t)((const char *)&(pointer)->member - (const char *)(pointer)) + sizeof((pointer)->member))

/** Bytes in the host's memory, lent to the plugin: valid until the call that passes them returns. Copy what you keep. */
typedef struct dsotp_host_bytes {
    const void *data;
    uint64_t count;
} dsotp_host_bytes;

/** Bytes in the plugin's memory, lent to the host: valid until the call that passes them returns, unless said otherwise. */
typedef struct dsotp_plugin_bytes {
    const void *data;
    uint64_t count;
} dsotp_plugin_bytes;

/**
 * Bytes whose ownership moves with the value. The receiver calls `release(owner)` once, on any thread, when done with them;
 * `release` may be NULL where nothing needs releasing. Never free the other side's memory with free().
 */
typedef struct dsotp_owned_bytes {
    const void *data;
    uint64_t count;
    void (*release)(void *owner);
    void *owner;
} dsotp_owned_bytes;

/** Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. */
typedef int64_t dsotp_time;

/** A duration in nanoseconds. */
typedef int64_t dsotp_duration;

/** Quality of a value, bits in the sense of IEC 61850-7-3 `Quality`; 0 is good. */
typedef uint32_t dsotp_quality;
enum {
    DSOTP_QUALITY_GOOD = 0,
    DSOTP_QUALITY_INVALID = 1 << 0,
    DSOTP_QUALITY_QUESTIONABLE = 1 << 1,
    DSOTP_QUALITY_OVERFLOW = 1 << 2,
    DSOTP_QUALITY_OUT_OF_RANGE = 1 << 3,
    DSOTP_QUALITY_BAD_REFERENCE = 1 << 4,
    DSOTP_QUALITY_OSCILLATORY = 1 << 5,
    DSOTP_QUALITY_FAILURE = 1 << 6,
    DSOTP_QUALITY_OLD_DATA = 1 << 7,
    DSOTP_QUALITY_INCONSISTENT = 1 << 8,
    DSOTP_QUALITY_INACCURATE = 1 << 9,
    DSOTP_QUALITY_SUBSTITUTED = 1 << 10,
    DSOTP_QUALITY_TEST = 1 << 11,
    DSOTP_QUALITY_OPERATOR_BLOCKED = 1 << 12,
    /** The clock of the source was not synchronised: the time is doubtful, and so is any phase angle. */
    DSOTP_QUALITY_CLOCK_NOT_SYNCHRONISED = 1 << 13,
    /** Estimated, forecast or computed, not measured. */
    DSOTP_QUALITY_ESTIMATED = 1 << 14
};

/** The outcome of a call: 0 is success, everything below 0 is an error; codes may be added. */
typedef int32_t dsotp_status;
enum {
    DSOTP_OK = 0,
    /** An argument is outside of what the function accepts. */
    DSOTP_INVALID_ARGUMENT = -1,
    /** The call isn't allowed in the present state of the instance. */
    DSOTP_INVALID_STATE = -2,
    /** The manifest does not permit it; refused, counted and logged. */
    DSOTP_NOT_PERMITTED = -3,
    /** The two sides do not speak a common version. */
    DSOTP_VERSION_MISMATCH = -4,
    /** A limit of the manifest or the host is reached. */
    DSOTP_LIMIT_REACHED = -5,
    /** Not now; the same call may succeed later. */
    DSOTP_TRY_AGAIN = -6,
    /** Reading or writing failed. */
    DSOTP_INPUT_OUTPUT = -7,
    /** The deadline passed. */
    DSOTP_TIMED_OUT = -8,
    /** There is no such thing. */
    DSOTP_NOT_FOUND = -9,
    /** The host or the service does not offer it. */
    DSOTP_UNSUPPORTED = -10,
    /** The configuration is wrong; the sentence says where. */
    DSOTP_INVALID_CONFIGURATION = -11,
    /** The call came from a thread that its tag does not allow. */
    DSOTP_WRONG_THREAD = -12,
    /** Anything else; the sentence says what. */
    DSOTP_INTERNAL = -13
};

/**
 * Why a call failed. The caller sets `size` and zeroes the rest; a function that returns an error fills it if the pointer is
 * not NULL; the caller then owns both texts and releases them.
 */
typedef struct dsotp_error {
    uint32_t size;
    dsotp_status status;
    /** 1 if the same call may succeed later without a change by a person, else 0. */
    uint32_t retryable;
    uint32_t reserved;
    /** One sentence for a person: what, where, expected against got, what to do. */
    dsotp_owned_bytes sentence;
    /** A JSON object with more, or empty. */
    dsotp_owned_bytes detail;
} dsotp_error;

/** A name with a value, in the host's memory: a path parameter, a query item, a tag. */
typedef struct dsotp_host_pair {
    dsotp_host_bytes name;
    dsotp_host_bytes value;
} dsotp_host_pair;

/** A name with a value, in the plugin's memory. */
typedef struct dsotp_plugin_pair {
    dsotp_plugin_bytes name;
    dsotp_plugin_bytes value;
} dsotp_plugin_pair;

#endif

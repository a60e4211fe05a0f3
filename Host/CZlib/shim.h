// zlib, Debian package zlib1g-dev: bodies that clients of the time-series API send compressed.
#include <zlib.h>

// inflateInit2 is a macro that Swift cannot import. 15 + 16: gzip with the largest window, nothing else.
static inline int czlib_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

// deflateInit2 likewise: a stream of gzip, with the largest window and zlib's own amount of memory.
static inline int czlib_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

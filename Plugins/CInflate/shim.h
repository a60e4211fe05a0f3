// zlib, Debian package zlib1g-dev: grid models come as zip archives.
#include <zlib.h>

// inflateInit2 is a macro that Swift cannot import. -15: raw deflate with the largest window, as zip entries have it.
static inline int cinflate_init_raw(z_stream *stream) { return inflateInit2(stream, -15); }

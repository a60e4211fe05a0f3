/*
 * bridge: the peer's adapter. Subscribes to FILTER on an MQTT broker and posts the payloads, which are InfluxDB line protocol
 * already, to /write in batches of up to 5,000 lines. It parses no JSON: what it leaves out is in the peer's favour.
 *
 *   bridge MQTT_PORT FILTER INFLUX_PORT LINES
 *
 * Prints the seconds from the first message until LINES lines are stored, and ends.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN = 1 << 20, BODY = 1 << 20, BATCH = 5000 };

static unsigned char in[IN];
static char body[BODY];
static size_t in_count, body_count;
static int lines, influx;
static long stored;
static unsigned char acknowledgements[IN / 16];
static size_t acknowledgement_bytes;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int dial(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void write_all(int fd, const void *data, size_t count) {
    const char *at = data;
    while (count) {
        ssize_t n = write(fd, at, count);
        if (n <= 0) fail("write");
        at += n;
        count -= (size_t)n;
    }
}

static void post(int broker) {
    if (!lines) return;
    char head[256], answer[4096];
    int n = snprintf(head, sizeof head, "POST /write?db=bench&precision=ms HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n", body_count);
    write_all(influx, head, (size_t)n);
    write_all(influx, body, body_count);
    size_t got = 0;
    do {
        ssize_t part = read(influx, answer + got, sizeof answer - 1 - got);
        if (part <= 0) fail("read from InfluxDB");
        got += (size_t)part;
        answer[got] = 0;
    } while (!strstr(answer, "\r\n\r\n"));
    if (!strstr(answer, " 204 ")) {
        fprintf(stderr, "bridge: InfluxDB answered: %s\n", answer);
        exit(1);
    }
    if (acknowledgement_bytes) write_all(broker, acknowledgements, acknowledgement_bytes);
    acknowledgement_bytes = 0;
    stored += lines;
    lines = 0;
    body_count = 0;
}

static void take(int broker) {
    size_t at = 0;
    while (in_count - at >= 5) {
        size_t length = 0, head = 1, shift = 0;
        do length |= (size_t)(in[at + head] & 127) << shift, shift += 7;
        while (in[at + head++] & 128);
        if (in_count - at < head + length) break;
        if (in[at] >> 4 == 3) {
            size_t topic = (size_t)in[at + head] << 8 | in[at + head + 1], skip = 2 + topic;
            if (in[at] >> 1 & 3) {
                unsigned char *to = acknowledgements + acknowledgement_bytes;
                to[0] = 0x40, to[1] = 2, to[2] = in[at + head + skip], to[3] = in[at + head + skip + 1];
                acknowledgement_bytes += 4;
                skip += 2;
            }
            memcpy(body + body_count, in + at + head + skip, length - skip);
            body_count += length - skip;
            for (size_t i = at + head + skip; i < at + head + length; i++) lines += in[i] == '\n';
            if (lines >= BATCH || body_count > BODY - 65536) post(broker);
        }
        at += head + length;
    }
    memmove(in, in + at, in_count - at);
    in_count -= at;
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: bridge MQTT_PORT FILTER INFLUX_PORT LINES\n");
        return 2;
    }
    int broker = dial(atoi(arguments[1]));
    influx = dial(atoi(arguments[3]));
    long goal = atol(arguments[4]);
    static const unsigned char hello[] = {0x10, 18, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 6, 'b', 'r', 'i', 'd', 'g', 'e'};
    write_all(broker, hello, sizeof hello);
    size_t filter = strlen(arguments[2]);
    unsigned char packet[256] = {0x82, (unsigned char)(filter + 5), 0, 1, 0, (unsigned char)filter};
    memcpy(packet + 6, arguments[2], filter);
    packet[6 + filter] = 1;
    write_all(broker, packet, filter + 7);
    for (size_t got = 0; got < 9;) {
        ssize_t n = read(broker, packet + got, 9 - got);
        if (n <= 0) fail("read from the broker");
        got += (size_t)n;
    }
    puts("ready");
    fflush(stdout);
    double begin = 0;
    while (stored + lines < goal) {
        ssize_t n = read(broker, in + in_count, IN - in_count);
        if (n <= 0) fail("read from the broker");
        if (begin == 0) begin = now();
        in_count += (size_t)n;
        take(broker);
        /* Nothing more waits: store what there is, so that acknowledgements never wait for a full batch. */
        if (n < 4096) post(broker);
    }
    post(broker);
    printf("{\"seconds\":%.4f,\"lines\":%ld}\n", now() - begin, stored);
    return 0;
}

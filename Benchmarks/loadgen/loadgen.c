/*
 * loadgen: MQTT 3.1.1 load for the benchmarks, one thread, epoll.
 *
 *   loadgen --port P [--user U --password W] --publishers N --messages M --qos 0|1 --readings R [--window W]
 *           [--format pmu|line] [--subscribe FILTER] [--topic PREFIX] [--rate R]
 *
 * Publishes M messages in all from N connections, as fast as the broker takes them: at QoS 1 no more than W unacknowledged for
 * each connection; with --subscribe, also receives them and keeps at most 900 published but not yet received. Each message
 * holds R readings of one device with a time stamp of its own (20 ms apart). Prints one JSON line when all is sent, acknowledged
 * and (with --subscribe) received: {"messages":…,"seconds":…,"received":…,"acknowledged":…}. Exit 1 if 60 s pass without progress.
 * With --rate no more than R messages a second. SIGTERM ends the publishing early: what was sent is still waited for.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OUT = 65536, IN = 262144, IN_FLIGHT_TO_SUBSCRIBER = 900 };

struct connection {
    int fd;
    uint8_t *out, *in;
    size_t out_begin, out_end, in_count;
    uint8_t *message;       /* a whole PUBLISH packet, patched for each sending */
    size_t message_size, identifier_at;
    size_t value_at[64], time_at[64];
    int values, times;
    long sent, acknowledged, quota;
    int64_t time;
    uint16_t identifier;
    int wants_write;
};

static int port, publishers = 10, qos, readings = 3, window = 64, line_format;
static long messages = 100000, rate;
static double begin;
static volatile sig_atomic_t is_ending;
static const char *user = "", *password = "", *filter, *prefix = "/pmu/bench-";
static struct connection *connections, subscriber;
static int poller;
static long total_sent, total_acknowledged, received;
static uint64_t noise = 88172645463325252ull;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "loadgen: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t put_length(uint8_t *to, size_t value) {
    size_t n = 0;
    do {
        to[n] = (uint8_t)(value % 128);
        value /= 128;
        if (value) to[n] |= 128;
        n++;
    } while (value);
    return n;
}

static size_t put_text(uint8_t *to, const char *text) {
    size_t n = strlen(text);
    to[0] = (uint8_t)(n >> 8);
    to[1] = (uint8_t)n;
    memcpy(to + 2, text, n);
    return n + 2;
}

static void write_all(int fd, const uint8_t *data, size_t count) {
    while (count) {
        ssize_t n = write(fd, data, count);
        if (n < 0) fail("write");
        data += n;
        count -= (size_t)n;
    }
}

static void read_all(int fd, uint8_t *data, size_t count) {
    while (count) {
        ssize_t n = read(fd, data, count);
        if (n <= 0) fail("read");
        data += n;
        count -= (size_t)n;
    }
}

static int open_connection(const char *client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    uint8_t body[512], packet[520];
    size_t n = put_text(body, "MQTT");
    body[n++] = 4;
    body[n++] = (uint8_t)(0x02 | (*user ? 0xC0 : 0));
    body[n++] = 0;
    body[n++] = 0;
    n += put_text(body + n, client);
    if (*user) {
        n += put_text(body + n, user);
        n += put_text(body + n, password);
    }
    packet[0] = 0x10;
    size_t head = 1 + put_length(packet + 1, n);
    memcpy(packet + head, body, n);
    write_all(fd, packet, head + n);
    read_all(fd, packet, 4);
    if (packet[0] != 0x20 || packet[3] != 0) {
        fprintf(stderr, "loadgen: the broker refused the connection with code %d\n", packet[3]);
        exit(1);
    }
    return fd;
}

/* Appends a reading to the payload and notes where its last three digits stand, so that each sending can change them. */
static size_t put_reading(struct connection *c, char *to, int index, const char *device) {
    static const char *const measurands[] = {"voltmagnitude", "voltangle", "currmagnitude", "currangle"};
    static const double values[] = {230.123, 1.047, 42.317, -0.524};
    const char *measurand = measurands[(index / 3) % 4];
    char phase = (char)('A' + index % 3);
    int component = 1 + index / 12;
    int n = line_format
        ? sprintf(to, "pmu,component=BUS%d,device=%s,phase=%c %s=%.3f ", component, device, phase, measurand, values[(index / 3) % 4])
        : sprintf(to, "{\"component\":\"BUS%d\",\"measurand\":\"%s\",\"phase\":\"%c\",\"data\":%.3f}", component, measurand, phase, values[(index / 3) % 4]);
    int last_digit = n - 2;
    c->value_at[c->values++] = (size_t)(last_digit - 2);
    return (size_t)n;
}

static void make_message(struct connection *c, int index) {
    char device[32], topic[128], *payload = malloc((size_t)readings * 160 + 256);
    snprintf(device, sizeof device, "bench-%03d", index);
    snprintf(topic, sizeof topic, "%s%03d", prefix, index);
    size_t n = 0;
    if (!line_format) {
        n = (size_t)sprintf(payload, "{\"device\":\"%s\",\"timestamp\":", device);
        c->time_at[c->times++] = n;
        n += (size_t)sprintf(payload + n, "%013lld,\"readings\":[", (long long)c->time);
    }
    for (int i = 0; i < readings; i++) {
        if (!line_format && i) payload[n++] = ',';
        size_t length = put_reading(c, payload + n, i, device);
        c->value_at[c->values - 1] += n;
        n += length;
        if (line_format) {
            c->time_at[c->times++] = n;
            n += (size_t)sprintf(payload + n, "%013lld\n", (long long)c->time);
        }
    }
    if (!line_format) n += (size_t)sprintf(payload + n, "]}");
    size_t variable = 2 + strlen(topic) + (qos ? 2 : 0);
    c->message = malloc(n + variable + 8);
    c->message[0] = (uint8_t)(0x30 | qos << 1);
    size_t head = 1 + put_length(c->message + 1, variable + n);
    head += put_text(c->message + head, topic);
    c->identifier_at = head;
    if (qos) head += 2;
    memcpy(c->message + head, payload, n);
    c->message_size = head + n;
    for (int i = 0; i < c->values; i++) c->value_at[i] += head;
    for (int i = 0; i < c->times; i++) c->time_at[i] += head;
    free(payload);
}

static void fill(struct connection *c) {
    if (c->out_begin == c->out_end) c->out_begin = c->out_end = 0;
    while (c->sent < c->quota && OUT - c->out_end >= c->message_size) {
        if (qos && c->sent - c->acknowledged >= window) return;
        if (filter && total_sent - received >= IN_FLIGHT_TO_SUBSCRIBER) return;
        if (rate && total_sent >= (long)((now() - begin) * (double)rate)) return;
        if (qos) {
            if (++c->identifier == 0) c->identifier = 1;
            c->message[c->identifier_at] = (uint8_t)(c->identifier >> 8);
            c->message[c->identifier_at + 1] = (uint8_t)c->identifier;
        }
        char time[14];
        snprintf(time, sizeof time, "%013lld", (long long)c->time);
        c->time += 20;
        for (int i = 0; i < c->times; i++) memcpy(c->message + c->time_at[i], time, 13);
        for (int i = 0; i < c->values; i++) {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            c->message[c->value_at[i] + 1] = (uint8_t)('0' + noise % 10);
            c->message[c->value_at[i] + 2] = (uint8_t)('0' + noise / 16 % 10);
        }
        memcpy(c->out + c->out_end, c->message, c->message_size);
        c->out_end += c->message_size;
        c->sent++;
        total_sent++;
    }
}

static void want_write(struct connection *c, int wanted) {
    if (c->wants_write == wanted) return;
    c->wants_write = wanted;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void send_some(struct connection *c) {
    for (;;) {
        fill(c);
        if (c->out_begin == c->out_end) {
            want_write(c, 0);
            return;
        }
        ssize_t n = write(c->fd, c->out + c->out_begin, c->out_end - c->out_begin);
        if (n < 0 && errno == EAGAIN) {
            want_write(c, 1);
            return;
        }
        if (n < 0) fail("write to the broker");
        c->out_begin += (size_t)n;
    }
}

/* Counts what came in: PUBACKs for a publisher, PUBLISHes (acknowledged if QoS 1) for the subscriber. */
static void take(struct connection *c) {
    size_t at = 0;
    uint8_t acknowledgements[IN / 64];
    size_t acknowledgement_bytes = 0;
    while (c->in_count - at >= 2) {
        size_t length = 0, shift = 0, head = 1;
        int complete = 0;
        while (at + head < c->in_count && head < 5) {
            uint8_t byte = c->in[at + head++];
            length |= (size_t)(byte & 127) << shift;
            shift += 7;
            if (!(byte & 128)) {
                complete = 1;
                break;
            }
        }
        if (!complete || c->in_count - at < head + length) break;
        int kind = c->in[at] >> 4;
        if (kind == 4) {
            c->acknowledged++;
            total_acknowledged++;
        } else if (kind == 3) {
            received++;
            if ((c->in[at] >> 1 & 3) == 1) {
                size_t topic = (size_t)c->in[at + head] << 8 | c->in[at + head + 1];
                const uint8_t *identifier = c->in + at + head + 2 + topic;
                uint8_t *to = acknowledgements + acknowledgement_bytes;
                to[0] = 0x40, to[1] = 2, to[2] = identifier[0], to[3] = identifier[1];
                acknowledgement_bytes += 4;
                if (acknowledgement_bytes + 4 > sizeof acknowledgements) {
                    write_all(c->fd, acknowledgements, acknowledgement_bytes);
                    acknowledgement_bytes = 0;
                }
            }
        }
        at += head + length;
    }
    if (acknowledgement_bytes) write_all(c->fd, acknowledgements, acknowledgement_bytes);
    memmove(c->in, c->in + at, c->in_count - at);
    c->in_count -= at;
}

static void receive_some(struct connection *c) {
    ssize_t n = recv(c->fd, c->in + c->in_count, IN - c->in_count, MSG_DONTWAIT);
    if (n == 0) {
        fprintf(stderr, "loadgen: the broker closed the connection\n");
        exit(1);
    }
    if (n < 0) {
        if (errno == EAGAIN) return;
        fail("read from the broker");
    }
    c->in_count += (size_t)n;
    take(c);
}

static void prepare(struct connection *c, int index) {
    char client[32];
    snprintf(client, sizeof client, "loadgen-%d", index);
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    c->out = malloc(OUT);
    c->in = malloc(IN);
    c->quota = messages / publishers;
    c->time = (int64_t)clock.tv_sec * 1000 - c->quota * 20;
    c->fd = open_connection(client);
    make_message(c, index);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static void prepare_subscriber(void) {
    uint8_t packet[256] = {0x82, 0, 0, 1};
    size_t n = 4 + put_text(packet + 4, filter);
    packet[n++] = (uint8_t)qos;
    packet[1] = (uint8_t)(n - 2);
    subscriber.fd = open_connection("loadgen-subscriber");
    subscriber.in = malloc(IN);
    write_all(subscriber.fd, packet, n);
    read_all(subscriber.fd, packet, 5);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &subscriber};
    epoll_ctl(poller, EPOLL_CTL_ADD, subscriber.fd, &event);
}

static void parse(int count, char **arguments) {
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (!strcmp(name, "--port")) port = atoi(value);
        else if (!strcmp(name, "--user")) user = value;
        else if (!strcmp(name, "--password")) password = value;
        else if (!strcmp(name, "--publishers")) publishers = atoi(value);
        else if (!strcmp(name, "--messages")) messages = atol(value);
        else if (!strcmp(name, "--qos")) qos = atoi(value);
        else if (!strcmp(name, "--readings")) readings = atoi(value);
        else if (!strcmp(name, "--window")) window = atoi(value);
        else if (!strcmp(name, "--format")) line_format = !strcmp(value, "line");
        else if (!strcmp(name, "--subscribe")) filter = value;
        else if (!strcmp(name, "--topic")) prefix = value;
        else if (!strcmp(name, "--rate")) rate = atol(value);
        else {
            fprintf(stderr, "loadgen: unknown option %s\n", name);
            exit(2);
        }
    }
    if (!port || publishers < 1 || readings < 1 || readings > 48 || qos < 0 || qos > 1) {
        fprintf(stderr, "loadgen: --port, 1 or more --publishers, 1…48 --readings and --qos 0 or 1 are needed\n");
        exit(2);
    }
}

static void end(int signal) {
    (void)signal;
    is_ending = 1;
}

/* Lets go of what was not sent yet; returns how many messages that leaves. */
static long finish(void) {
    for (int i = 0; i < publishers; i++) connections[i].quota = connections[i].sent;
    return total_sent;
}

int main(int count, char **arguments) {
    parse(count, arguments);
    signal(SIGTERM, end);
    poller = epoll_create1(0);
    connections = calloc((size_t)publishers, sizeof *connections);
    if (filter) prepare_subscriber();
    for (int i = 0; i < publishers; i++) prepare(&connections[i], i);
    long goal = messages / publishers * publishers;
    begin = now();
    double last_progress = begin;
    long progress = -1;
    struct epoll_event events[256];
    for (;;) {
        long before = received;
        int open = 0;
        if (is_ending) goal = finish();
        for (int i = 0; i < publishers; i++) {
            send_some(&connections[i]);
            open |= connections[i].out_begin != connections[i].out_end;
        }
        if (total_sent == goal && !open && (!qos || total_acknowledged == goal) && (!filter || received >= goal)) break;
        int n = epoll_wait(poller, events, 256, rate ? 1 : before == received ? 100 : 0);
        if (n < 0) n = 0;
        for (int i = 0; i < n; i++)
            if (events[i].events & (EPOLLIN | EPOLLHUP)) receive_some(events[i].data.ptr);
        long current = total_sent + total_acknowledged + received;
        if (current != progress) {
            progress = current;
            last_progress = now();
        } else if (now() - last_progress > 60) {
            fprintf(stderr, "loadgen: no progress for 60 s: sent %ld, acknowledged %ld, received %ld\n", total_sent, total_acknowledged, received);
            return 1;
        }
    }
    printf("{\"messages\":%ld,\"seconds\":%.4f,\"received\":%ld,\"acknowledged\":%ld,\"bytes\":%zu}\n", goal, now() - begin,
           received, total_acknowledged, connections[0].message_size);
    for (int i = 0; i < publishers; i++) write_all(connections[i].fd, (const uint8_t[]){0xE0, 0}, 2);
    return 0;
}

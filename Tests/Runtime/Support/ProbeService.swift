/// A service in C whose behaviour its configuration chooses (`mode`), and which publishes what it saw to `out/…`.
let probeSource = #"""
    #include "dsotp.h"
    #include <pthread.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    typedef struct probe {
        const dsotp_host *host;
        char mode[64];
        uint64_t column;
        uint64_t metric;
        uint64_t seen;
        int well;
    } probe;

    static int failures_left = 2;

    static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }
    static dsotp_host_bytes host_text(const char *s) { return (dsotp_host_bytes){s, strlen(s)}; }
    static const void *extension(probe *p, const char *name) { return p->host->get_extension(p->host, text(name)); }
    static int is(probe *p, const char *mode) { return strcmp(p->mode, mode) == 0; }

    static dsotp_status fail(dsotp_error *error, dsotp_status status, uint32_t retryable, const char *sentence) {
        if (error) {
            error->status = status;
            error->retryable = retryable;
            char *copy = strdup(sentence);
            error->sentence = (dsotp_owned_bytes){copy, strlen(copy), free, copy};
        }
        return status;
    }

    static dsotp_status publish_bytes(probe *p, const char *topic, const void *data, uint64_t count) {
        const dsotp_databus *databus = extension(p, DSOTP_EXT_DATABUS);
        dsotp_publication publication = {.size = sizeof publication, .qos = 1, .topic = text(topic), .payload = {data, count}};
        return databus->publish(p->host, &publication, 1, sizeof publication, NULL, NULL);
    }

    static void say(probe *p, const char *topic, const char *payload) { publish_bytes(p, topic, payload, strlen(payload)); }

    static void say_number(probe *p, const char *topic, long long number) {
        char line[32];
        snprintf(line, sizeof line, "%lld", number);
        say(p, topic, line);
    }

    static void *from_thread(void *argument) {
        probe *p = argument;
        const dsotp_config *config = extension(p, DSOTP_EXT_CONFIG);
        dsotp_host_bytes value;
        return (void *)(intptr_t)config->get_text(p->host, text("mode"), &value, NULL);
    }

    /* Stays until the test makes the file that the configuration names. */
    static void hang(probe *p) {
        const dsotp_config *config = extension(p, DSOTP_EXT_CONFIG);
        dsotp_host_bytes path;
        char name[1024] = {0};
        if (config->get_text(p->host, text("release"), &path, NULL) != DSOTP_OK || path.count >= sizeof name) return;
        memcpy(name, path.data, path.count);
        while (access(name, F_OK) != 0) usleep(1000);
    }

    static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
        (void)name; (void)error;
        probe *p = calloc(1, sizeof *p);
        p->host = host;
        *instance = p;
        return DSOTP_OK;
    }

    static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
        probe *p = instance;
        const dsotp_config *config = extension(p, DSOTP_EXT_CONFIG);
        dsotp_host_bytes mode;
        if (config->get_text(p->host, text("mode"), &mode, error) != DSOTP_OK) return DSOTP_INVALID_CONFIGURATION;
        memcpy(p->mode, mode.data, mode.count);
        if (is(p, "bad-config")) return fail(error, DSOTP_INVALID_CONFIGURATION, 0, "'mode' is bad");
        if (configuration->validate_only && is(p, "publish-in-check") && publish_bytes(p, "out/x", "", 0) == DSOTP_INVALID_STATE)
            return fail(error, DSOTP_INVALID_CONFIGURATION, 0, "publishing was refused");
        return DSOTP_OK;
    }

    static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
        probe *p = instance;
        if (is(p, "fail-start")) return fail(error, DSOTP_INTERNAL, 0, "there is no licence");
        if (is(p, "retry-start") && failures_left-- > 0) return fail(error, DSOTP_TRY_AGAIN, 1, "the meter is away");
        if (is(p, "hang-start")) hang(p);
        if (is(p, "timer")) {
            const dsotp_timer *timer = extension(p, DSOTP_EXT_TIMER);
            const dsotp_clock *clock = extension(p, DSOTP_EXT_CLOCK);
            if (timer->set(p->host, 9, 0, -1, NULL) != DSOTP_INVALID_ARGUMENT) return DSOTP_INTERNAL;
            if (timer->set(p->host, 9, 0, 0, NULL) != DSOTP_OK) return DSOTP_INTERNAL;
            timer->cancel(p->host, 9);
            return timer->set(p->host, 7, clock->now(p->host) + 1000000, 5000000, error);
        }
        if (is(p, "http")) {
            const dsotp_http *http = extension(p, DSOTP_EXT_HTTP);
            dsotp_route echo = {.size = sizeof echo, .route = 1, .method = text("POST"), .path = text("/echo/{name}"), .least_role = DSOTP_ROLE_OPERATOR,
                .operation = text("{\"summary\":\"Echo\"}")};
            dsotp_route never = {.size = sizeof never, .route = 2, .method = text("GET"), .path = text("/never"), .least_role = DSOTP_ROLE_VIEWER};
            dsotp_route wrong = {.size = sizeof wrong, .route = 3, .method = text("GET"), .path = text("/wrong"), .least_role = DSOTP_ROLE_VIEWER};
            if (http->add_route(p->host, &echo, error) || http->add_route(p->host, &never, error) || http->add_route(p->host, &wrong, error)) return DSOTP_INTERNAL;
            if (http->add_route(p->host, &echo, NULL) != DSOTP_INVALID_ARGUMENT) return DSOTP_INTERNAL;
            if (http->set_schemas(p->host, text("[1]"), NULL) != DSOTP_INVALID_ARGUMENT) return DSOTP_INTERNAL;
            return http->set_schemas(p->host, text("{\"Probe\":{\"type\":\"object\"}}"), error);
        }
        if (is(p, "metrics")) {
            const dsotp_metrics *metrics = extension(p, DSOTP_EXT_METRICS);
            dsotp_plugin_pair label = {text("kind"), text("a\"b")};
            if (metrics->declare(p->host, DSOTP_METRIC_COUNTER, text("seen_total"), text("Seen."), &label, 1, &p->metric, error)) return DSOTP_INTERNAL;
            uint64_t again = 0;
            metrics->declare(p->host, DSOTP_METRIC_COUNTER, text("seen_total"), text("Seen."), &label, 1, &again, NULL);
            if (again != p->metric) return DSOTP_INTERNAL;
            if (metrics->declare(p->host, DSOTP_METRIC_GAUGE, text("seen_total"), text(""), &label, 1, &again, NULL) != DSOTP_INVALID_ARGUMENT) return DSOTP_INTERNAL;
            if (metrics->declare(p->host, DSOTP_METRIC_GAUGE, text("Bad name"), text(""), NULL, 0, &again, NULL) != DSOTP_INVALID_ARGUMENT) return DSOTP_INTERNAL;
            metrics->add(p->host, p->metric, 3);
            metrics->add(p->host, 99, 1);
        }
        if (is(p, "store") || is(p, "read")) {
            const dsotp_timeseries *series = extension(p, DSOTP_EXT_TIMESERIES);
            dsotp_plugin_pair tag = {text("device"), text("pmu-1")};
            dsotp_column_name name = {.size = sizeof name, .value_type = DSOTP_VALUE_FLOAT, .database = text("dsotp"), .measurement = text("pmu"),
                .tags = &tag, .tag_count = 1, .field = text("voltmagnitude")};
            return series->resolve(p->host, &name, &p->column, error);
        }
        return DSOTP_OK;
    }

    static uint32_t on_run(void *context, const dsotp_run *run) {
        probe *p = context;
        say_number(p, "out/run", (long long)(((const double *)run->values)[0] * 1000) + (long long)run->count);
        return 1;
    }

    static uint32_t on_found(void *context, const dsotp_found_column *column) {
        probe *p = context;
        publish_bytes(p, "out/found", column->field.data, column->field.count);
        return 1;
    }

    static uint32_t on_key(void *context, dsotp_host_bytes key, dsotp_host_bytes value) {
        (void)value;
        publish_bytes(context, "out/key", key.data, key.count);
        return 1;
    }

    static void try_kv(probe *p) {
        const dsotp_kv *kv = extension(p, DSOTP_EXT_KV);
        dsotp_owned_bytes value = {0};
        say_number(p, "out/kv", kv->get(p->host, text("a"), &value, NULL));
        say_number(p, "out/kv", kv->put(p->host, text("a"), text("1"), NULL));
        say_number(p, "out/kv", kv->put(p->host, text("ab"), text("2"), NULL));
        say_number(p, "out/kv", kv->put(p->host, text(""), text("2"), NULL));
        char large[4096] = {0};
        say_number(p, "out/kv", kv->put(p->host, text("c"), (dsotp_plugin_bytes){large, sizeof large}, NULL));
        if (kv->get(p->host, text("ab"), &value, NULL) == DSOTP_OK) {
            publish_bytes(p, "out/kv", value.data, value.count);
            value.release(value.owner);
        }
        kv->visit(p->host, text("a"), on_key, p, NULL);
    }

    static void try_misuse(probe *p) {
        const dsotp_databus *databus = extension(p, DSOTP_EXT_DATABUS);
        dsotp_error error = {.size = sizeof error};
        dsotp_publication small = {.size = 8, .topic = text("out/x")};
        say_number(p, "out/status", databus->publish(p->host, &small, 1, sizeof small, NULL, &error));
        publish_bytes(p, "out/sentence", error.sentence.data, error.sentence.count);
        error.sentence.release(error.sentence.owner);
        say_number(p, "out/status", publish_bytes(p, "out/+", "", 0));
        say_number(p, "out/status", publish_bytes(p, "out/\xff", "", 0));
        say_number(p, "out/status", publish_bytes(p, "", "", 0));
        say_number(p, "out/status", publish_bytes(p, "out/x", NULL, 3));
        say_number(p, "out/status", databus->publish(p->host, NULL, 1, sizeof small, NULL, NULL));
        say_number(p, "out/status", databus->publish(NULL, NULL, 1, sizeof small, NULL, NULL));
        say_number(p, "out/status", extension(p, "dsotp.nonsense/1") == NULL ? 1 : 0);
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, from_thread, p);
        pthread_join(thread, &result);
        say_number(p, "out/status", (intptr_t)result);
    }

    static void try_forbidden(probe *p) {
        uint64_t published = 9;
        const dsotp_databus *databus = extension(p, DSOTP_EXT_DATABUS);
        dsotp_publication three[3] = {
            {.size = sizeof three[0], .topic = text("out/first"), .payload = text("1")},
            {.size = sizeof three[0], .topic = text("secret/x"), .payload = text("2")},
            {.size = sizeof three[0], .topic = text("out/third"), .payload = text("3")}};
        say_number(p, "out/status", databus->publish(p->host, three, 3, sizeof three[0], &published, NULL));
        say_number(p, "out/published", (long long)published);
        const dsotp_timeseries *series = extension(p, DSOTP_EXT_TIMESERIES);
        dsotp_column_name name = {.size = sizeof name, .value_type = DSOTP_VALUE_FLOAT, .database = text("dsotp"), .measurement = text("billing"),
            .field = text("price")};
        uint64_t column = 0;
        say_number(p, "out/status", series->resolve(p->host, &name, &column, NULL));
        dsotp_time time = 1;
        double value = 1;
        uint64_t guessed = 1;
        dsotp_points points = {.size = sizeof points, .value_type = DSOTP_VALUE_FLOAT, .count = 1, .columns = &guessed, .times = &time, .values = &value};
        say_number(p, "out/status", series->write(p->host, &points, NULL));
    }

    static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
        probe *p = instance;
        if (is(p, "slow")) hang(p);
        if (is(p, "retry") && p->seen++ < 2) return fail(error, DSOTP_TRY_AGAIN, 1, "the store is away");
        if (is(p, "retry-always")) return fail(error, DSOTP_TRY_AGAIN, 1, "the store is away");
        if (is(p, "retry"))
            for (uint32_t i = 0; i < batch->count; i++) {
                say_number(p, "out/duplicate", dsotp_message_at(batch, i)->duplicate);
                publish_bytes(p, "out/retry", dsotp_message_at(batch, i)->payload.data, dsotp_message_at(batch, i)->payload.count);
            }
        if (is(p, "error")) return fail(error, DSOTP_INTERNAL, 0, "the batch is unreadable");
        for (uint32_t i = 0; i < batch->count; i++) {
            const dsotp_message *message = dsotp_message_at(batch, i);
            p->seen++;
            if (is(p, "echo")) publish_bytes(p, "out/echo", message->payload.data, message->payload.count);
            if (is(p, "kv")) try_kv(p);
            if (is(p, "misuse")) try_misuse(p);
            if (is(p, "forbidden")) try_forbidden(p);
            if (is(p, "log")) {
                const dsotp_log *log = extension(p, DSOTP_EXT_LOG);
                for (int line = 0; line < 500; line++) log->write(p->host, DSOTP_LOG_WARNING, text("flood"), NULL, 0);
                say_number(p, "out/log", log->enabled(p->host, DSOTP_LOG_ERROR));
            }
            if (is(p, "unwell")) p->well = 0;
            if (is(p, "store")) {
                const dsotp_timeseries *series = extension(p, DSOTP_EXT_TIMESERIES);
                dsotp_time time = (dsotp_time)message->sequence;
                double value = (double)message->payload.count;
                dsotp_points points = {.size = sizeof points, .value_type = DSOTP_VALUE_FLOAT, .count = 1, .columns = &p->column, .times = &time, .values = &value};
                dsotp_status status = series->write(p->host, &points, error);
                if (status) return status;
            }
            if (is(p, "read")) {
                const dsotp_timeseries *series = extension(p, DSOTP_EXT_TIMESERIES);
                dsotp_time times[2] = {1, 2};
                double values[2] = {0.5, 0.25};
                uint64_t columns[2] = {p->column, p->column};
                dsotp_points points = {.size = sizeof points, .value_type = DSOTP_VALUE_FLOAT, .count = 2, .columns = columns, .times = times, .values = values};
                say_number(p, "out/status", series->write(p->host, &points, NULL));
                points.value_type = DSOTP_VALUE_INTEGER;
                say_number(p, "out/status", series->write(p->host, &points, NULL));
                dsotp_read read = {.size = sizeof read, .column = p->column, .from = 0, .through = 10, .limit = 1};
                say_number(p, "out/status", series->read(p->host, &read, on_run, p, NULL));
                dsotp_column_search search = {.size = sizeof search, .database = text("dsotp"), .measurement = text("pmu")};
                say_number(p, "out/status", series->find(p->host, &search, on_found, p, NULL));
                const dsotp_clock *clock = extension(p, DSOTP_EXT_CLOCK);
                say_number(p, "out/sync", series->sync(p->host, clock->now(p->host) + 20000000, NULL));
            }
        }
        return DSOTP_OK;
    }

    static dsotp_status on_request(dsotp_instance instance, const dsotp_request *request, dsotp_error *error) {
        probe *p = instance;
        if (request->route == 2) return DSOTP_OK;
        if (request->route == 3) return fail(error, DSOTP_INVALID_ARGUMENT, 0, "no such grid");
        char body[512];
        int count = snprintf(body, sizeof body, "%.*s %.*s %.*s=%.*s %.*s %.*s %.*s",
            (int)request->method.count, (const char *)request->method.data, (int)request->path.count, (const char *)request->path.data,
            (int)request->path_parameters[0].name.count, (const char *)request->path_parameters[0].name.data,
            (int)request->path_parameters[0].value.count, (const char *)request->path_parameters[0].value.data,
            (int)request->query_items[0].value.count, (const char *)request->query_items[0].value.data,
            (int)request->role.count, (const char *)request->role.data, (int)request->body.count, (const char *)request->body.data);
        const dsotp_http *http = extension(p, DSOTP_EXT_HTTP);
        dsotp_response response = {.size = sizeof response, .status = 201, .content_type = text("text/plain"), .body = {body, (uint64_t)count}};
        dsotp_status status = http->respond(p->host, request->identifier, &response, error);
        if (http->respond(p->host, request->identifier, &response, NULL) != DSOTP_NOT_FOUND) return DSOTP_INTERNAL;
        return status;
    }

    static dsotp_status on_timer(dsotp_instance instance, uint64_t timer, dsotp_time now, dsotp_error *error) {
        (void)now; (void)error;
        say_number(instance, "out/timer", (long long)timer);
        return DSOTP_OK;
    }

    static dsotp_status drain(dsotp_instance instance, dsotp_time deadline, dsotp_error *error) {
        (void)deadline; (void)error;
        say(instance, "out/life", "drain");
        return DSOTP_OK;
    }

    static dsotp_status stop(dsotp_instance instance, dsotp_error *error) {
        (void)error;
        say(instance, "out/life", "stop");
        return DSOTP_OK;
    }

    static void destroy(dsotp_instance instance) { free(instance); }

    static uint32_t check(dsotp_instance instance, dsotp_owned_bytes *sentence) {
        (void)instance;
        *sentence = (dsotp_owned_bytes){"it is unwell", 12, NULL, NULL};
        return strcmp(((probe *)instance)->mode, "unwell") != 0;
    }

    static const dsotp_health health = {.size = sizeof health, .check = check};

    static const void *get_extension(dsotp_instance instance, dsotp_host_bytes identifier) {
        (void)instance;
        dsotp_host_bytes name = host_text(DSOTP_EXT_HEALTH);
        return identifier.count == name.count && memcmp(identifier.data, name.data, name.count) == 0 ? &health : NULL;
    }

    static const dsotp_service service = {
        .size = sizeof service, .create = create, .configure = configure, .start = start, .on_messages = on_messages, .on_request = on_request,
        .on_timer = on_timer, .drain = drain, .stop = stop, .destroy = destroy, .get_extension = get_extension};

    const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
        (void)host;
        static dsotp_module module;
        module = (dsotp_module){.size = sizeof module, .abi_major = DSOTP_ABI_MAJOR, .abi_minor = DSOTP_ABI_MINOR, .identifier = text("org.example.probe"),
            .version = text("1.2.3"), .summary = text("For tests"), .service = &service};
        return &module;
    }
    """#

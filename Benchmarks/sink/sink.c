/* A service that takes messages and does nothing with them: what remains is the cost of the way to a service. */
#include "dsotp.h"

#include <string.h>

static dsotp_status create(const dsotp_host *host, dsotp_host_bytes name, dsotp_instance *instance, dsotp_error *error) {
    (void)name, (void)error;
    *instance = (dsotp_instance)(uintptr_t)host;
    return DSOTP_OK;
}

static dsotp_status configure(dsotp_instance instance, const dsotp_configuration *configuration, dsotp_error *error) {
    (void)instance, (void)configuration, (void)error;
    return DSOTP_OK;
}

static dsotp_status start(dsotp_instance instance, dsotp_error *error) {
    (void)instance, (void)error;
    return DSOTP_OK;
}

static dsotp_status on_messages(dsotp_instance instance, const dsotp_message_batch *batch, dsotp_error *error) {
    (void)instance, (void)batch, (void)error;
    return DSOTP_OK;
}

static void destroy(dsotp_instance instance) { (void)instance; }

#define TEXT(literal) {literal, sizeof literal - 1}

static const dsotp_service service = {
    .size = sizeof service,
    .create = create,
    .configure = configure,
    .start = start,
    .on_messages = on_messages,
    .stop = start,
    .destroy = destroy,
};

static const dsotp_module module = {
    .size = sizeof module,
    .abi_major = DSOTP_ABI_MAJOR,
    .abi_minor = DSOTP_ABI_MINOR,
    .identifier = TEXT("org.dsotp.benchmark.sink"),
    .version = TEXT("1.0.0"),
    .summary = TEXT("Takes messages and does nothing"),
    .service = &service,
};

const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
    (void)host;
    return &module;
}

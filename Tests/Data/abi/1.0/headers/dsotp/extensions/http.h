/**
 * `dsotp.http/1`: routes of the service under `/api/<service>` of the gateway. Callers are authenticated, and refused below
 * the route's role, before the service hears of them.
 */
#ifndef DSOTP_EXTENSIONS_HTTP_H
#define DSOTP_EXTENSIONS_HTTP_H

#include "../plugin.h"

#define DSOTP_EXT_HTTP "dsotp.http/1"

/** The least role that may use a route. */
enum { DSOTP_ROLE_VIEWER = 1, DSOTP_ROLE_OPERATOR = 2, DSOTP_ROLE_ENGINEER = 3, DSOTP_ROLE_ADMIN = 4 };

/** A route. */
typedef struct dsotp_route {
    uint32_t size;
    /** Comes back in `dsotp_request.route`. */
    uint32_t route;
    /** `GET`, `POST`, `PUT`, `PATCH` or `DELETE`. */
    dsotp_plugin_bytes method;
    /** Below `/api/<service>`: `/estimates/{grid}`; a part in braces matches one path segment. */
    dsotp_plugin_bytes path;
    /** DSOTP_ROLE_… */
    uint32_t least_role;
    uint32_t reserved;
    /** An OpenAPI 3.1 Operation Object as JSON, shown in `/openapi.json`; empty gives a minimal one. */
    dsotp_plugin_bytes operation;
} dsotp_route;

/** An answer. */
typedef struct dsotp_response {
    uint32_t size;
    /** HTTP status code, 200 … 599. */
    uint32_t status;
    /** For example `application/json`; empty means no body. */
    dsotp_plugin_bytes content_type;
    dsotp_plugin_bytes body;
} dsotp_response;

typedef struct dsotp_http {
    uint32_t size;
    uint32_t reserved;
    /** Adds a route; all routes end with `stop`. [any-thread]
     * @return DSOTP_INVALID_ARGUMENT if method or path is malformed or the route exists. */
    dsotp_status (*add_route)(const dsotp_host *host, const dsotp_route *route, dsotp_error *error);
    /** Schemas used by the operations: the JSON object for `components.schemas`, names prefixed by the service. [any-thread] */
    dsotp_status (*set_schemas)(const dsotp_host *host, dsotp_plugin_bytes json, dsotp_error *error);
    /** Answers a request, once, inside `on_request` or later. [any-thread]
     * @return DSOTP_NOT_FOUND if it was answered, its deadline passed or the client has gone. */
    dsotp_status (*respond)(
        const dsotp_host *host, uint64_t request, const dsotp_response *response, dsotp_error *error);
} dsotp_http;

#endif

/// The schemas of the host's own bodies, in JSON Schema 2020-12 as OpenAPI 3.1 has it.
enum OpenAPISchemas {
    static let all: [(String, JSONValue)] = own + commands

    private static let own: [(String, JSONValue)] = [
        ("Error", object([("error", string("A sentence: what, where, expected against got, what to do."))])),
        ("Login", object([("user", string("The user's name.")), ("password", string("The password."))])),
        (
            "OpenedSession",
            object([
                ("token", string("An opaque bearer token.")), ("expires", time), ("user", string("The user's name.")), ("role", role),
            ])
        ),
        ("Session", object([("user", string("The user's name.")), ("role", role)])),
        ("Health", object([("status", string("`live`, `ready` or `degraded`.")), ("reason", string("What is missing where it is degraded."))], optional: ["reason"])),
        ("ServiceList", object([("services", array(reference("Service")))])),
        ("Service", service),
        ("IncidentList", object([("incidents", array(reference("Incident")))])),
        (
            "Incident",
            object([
                ("service", string("The service.")), ("time", time), ("time_ns", count("The same, nanoseconds since 1970-01-01T00:00:00Z.")),
                ("reason", string("`crash`, `exit`, `hang`, `memory`, `flood`, `malformed` or `host-ended`.")),
                ("sentence", string("What happened.")), ("callback", string("The callback that was under way, or empty.")),
                ("signal", nullable("integer", "The signal that ended its process.")),
                ("exit_code", nullable("integer", "The code its process exited with.")),
                ("peak_memory", count("Bytes of memory that its process had at most, 0 if unknown.")),
                ("restarts", count("Starts after the first until then.")),
                ("last_topic", string("Topic of the last message that it was given, or empty.")),
                ("log", array(string("One of the last log lines, oldest first."))),
                ("output", string("The last of its standard output and error.")),
                ("manifest_digest", string("`sha256:` and the digest of its manifest.")),
                ("backtrace", nullable("object", "As Swift's runtime writes it.")),
            ])
        ),
        (
            "Clock",
            object([
                ("time", string("The site's time, which services, commands and `now()` in queries go by.")),
                ("speed", number("How many seconds of it pass in one of the machine's: 1 but in a rehearsal.")),
            ])
        ),
        (
            "Databus",
            object([
                ("driver", string("`embedded` or `mqtt`.")), ("clients", array(reference("DatabusClient"))),
                ("connections", count("Sockets open.")), ("retained_messages", count("Retained messages.")),
                ("received", count("Messages received since the start.")), ("sent", count("Messages sent since the start.")),
                ("dropped", count("Messages dropped because a client or service was too slow.")),
                ("refused", count("Publications and subscriptions that rights forbade.")),
                ("link", reference("DatabusLink")),
            ], optional: ["link"])
        ),
        (
            "DatabusLink",
            object([
                ("connected", boolean("Whether the external broker has accepted the connection.")),
                ("state_seconds", number("Seconds since it has, or has not.")),
                ("address", string("Where it is connected to, or was tried last.")),
                ("client", string("The MQTT client identifier of this host.")),
                ("problem", string("Why it is not connected, or what the broker refuses; absent while all is well.")),
                ("connections", count("Connections accepted since the start.")), ("failures", count("Attempts that failed and connections lost.")),
                ("subscriptions", count("Topic filters subscribed to at the broker.")),
                ("in_flight", count("Publications sent and not acknowledged.")), ("queued", count("Publications waiting to be sent.")),
                ("queued_bytes", count("Bytes of both.")), ("sent", count("Publications sent.")), ("received", count("Publications received.")),
                ("dropped", count("QoS 0 publications dropped while the broker was away.")),
                ("unacknowledged", count("Publications received whose acknowledgement waits for services.")),
                ("sessions", array(reference("DatabusSession"))),
            ], optional: ["problem"])
        ),
        (
            "DatabusSession",
            object([
                ("service", string("A service that one host of several runs, and that this one does at the moment.")),
                ("client", string("The MQTT client identifier of its own session at the broker, the same on all hosts.")),
                ("connected", boolean("Whether the broker has accepted the connection.")), ("state_seconds", number("Seconds since it has, or has not.")),
                ("problem", string("Why it is not connected, or what the broker refuses; absent while all is well.")),
                ("connections", count("Connections accepted since the service started here.")),
                ("subscriptions", count("Topic filters subscribed to.")), ("received", count("Publications received.")),
                ("unacknowledged", count("Publications received whose acknowledgement waits for the service.")),
            ], optional: ["problem"])
        ),
        (
            "Storage",
            object([
                ("driver", string("`embedded`, `influxdb` or `victoriametrics`.")), ("points_written", count("Points accepted since the start.")),
                ("points_refused", count("Points refused since the start.")), ("columns", count("Columns in the catalogue.")),
                ("bytes_on_disk", count("Bytes on this host's disk.")), ("engine", reference("StorageEngine")),
            ], optional: ["engine"])
        ),
        (
            "StorageEngine",
            object([
                ("product", string("`InfluxDB` or `VictoriaMetrics`.")), ("address", string("Where it is.")),
                ("connected", boolean("Whether it takes points.")), ("state_seconds", number("Seconds since it does, or does not.")),
                ("problem", string("Why it does not; absent while it does.")), ("waiting_points", count("Points accepted that it has not taken yet.")),
                ("oldest_seconds", number("Age of the oldest of them in seconds.")), ("spool_bytes", count("Bytes of the spool on this host's disk.")),
                ("spool_limit_bytes", count("Bytes at which it is full.")), ("sent", count("Points that the engine has taken.")),
                ("rejected", count("Points that it refused for what they are.")),
            ], optional: ["problem"])
        ),
        (
            "DatabusClient",
            object([
                ("client", string("The MQTT client identifier.")), ("user", string("The user it connected as.")),
                ("address", string("Its address; absent while it is away.")),
                ("clean_session", boolean("Whether the session ends with the connection.")),
                ("subscriptions", count("Topic filters it subscribed to.")), ("queued", count("Messages waiting for it.")),
                ("in_flight", count("Messages sent to it and not acknowledged yet.")),
                ("dropped", count("Messages dropped because it was too slow.")),
            ], optional: ["address"])
        ),
        ("QueryResult", queryResult),
    ]

    private static let service = object([
        ("name", string("The name in the site's manifest.")),
        (
            "state",
            .object([
                ("type", .string("string")),
                (
                    "enum",
                    .array(
                        [
                            "discovered", "verified", "configured", "standby", "starting", "running", "degraded", "draining", "stopped", "disabled",
                            "refused", "failed", "backoff", "quarantined",
                        ].map(JSONValue.string))
                ),
            ])
        ),
        ("detail", string("A sentence on the state; may be empty.")), ("enabled", .object([("type", .string("boolean"))])),
        ("isolation_detail", string("Why it runs in another way than its manifest says; may be empty.")),
        ("library", string("The shared library.")), ("version", string("The library's version.")),
        ("subscribes", array(string("A topic filter."))), ("publishes", array(string("A topic filter."))),
        (
            "counters",
            object([
                ("received", count("Messages put into its queue.")), ("dropped", count("Messages lost because its queue was full.")),
                ("refused", count("What its manifest does not allow.")), ("processed", count("Messages processed.")),
                ("errors", count("Errors it reported.")), ("published", count("Messages published.")),
                ("points_written", count("Points written.")), ("spilled", count("Messages put on the disk because its queue was full.")),
                ("replayed", count("Messages that waited on the disk when it ended, delivered after.")),
            ])
        ),
        (
            "queue",
            object([
                ("messages", count("Messages waiting.")), ("bytes", count("Bytes waiting.")),
                ("capacity_bytes", count("Bytes that may wait.")), ("capacity_messages", count("Messages that may wait.")),
                ("overflow", string("What happens to a message that does not fit: block, drop-oldest, drop-newest or spill.")),
                ("spilled_messages", count("Messages waiting on the disk.")), ("spilled_bytes", count("Bytes of the files that they are in.")),
                ("capacity_spill_bytes", count("Bytes that those may take; 0 where nothing is spilled.")),
            ])
        ),
        (
            "rates",
            object([
                ("received", number("Messages per second.")), ("processed", number("Messages per second.")),
                ("published", number("Messages per second.")), ("points_written", number("Points per second.")),
            ])
        ),
        ("restarts", count("Restarts since the host started.")), ("since", time), ("revision", revision),
        (
            "labels",
            .object([
                ("type", .string("object")), ("description", .string("Words of its manifest for grouping it.")),
                ("additionalProperties", .object([("type", .string("string"))])),
            ])
        ),
        ("description", string("One line, from its manifest.")),
        ("manifest", string("File and line of its manifest.")), ("isolation", string("`in-process`, `process`, …")),
        ("identifier", string("What the library calls itself, reverse DNS; empty before it is loaded.")),
        ("incidents", count("Incidents that are kept.")), ("last_incident", time),
        ("replicas", string("On how many hosts of the site it runs: `1` or `each`.")),
        (
            "lease",
            object([
                ("name", string("The lease that it runs under, where the site has several hosts.")),
                ("host", string("Who holds it; absent if nobody is known to.")), ("here", boolean("Whether that is this host.")),
                ("term", count("Grows with each change of the holder.")), ("since", time),
            ], optional: ["host"])
        ),
    ], optional: ["last_incident", "lease"])

    private static let queryResult: JSONValue = .object([
        ("type", .string("object")),
        ("required", .array([.string("results")])),
        (
            "properties",
            .object([
                (
                    "results",
                    array(
                        .object([
                            ("type", .string("object")),
                            (
                                "properties",
                                .object([
                                    ("statement_id", count("The statement's number.")), ("error", string("Why the statement failed.")),
                                    ("series", array(.object([("type", .string("object"))]))),
                                ])
                            ),
                        ]))
                )
            ])
        ),
    ])

    static let time: JSONValue = .object([("type", .string("string")), ("format", .string("date-time"))])
    private static let role: JSONValue = .object([
        ("type", .string("string")), ("enum", .array(CallerRole.allCases.map { .string($0.rawValue) })),
    ])

    static func reference(_ name: String) -> JSONValue { .object([("$ref", .string("#/components/schemas/\(name)"))]) }

    static func string(_ description: String) -> JSONValue {
        .object([("type", .string("string")), ("description", .string(description))])
    }

    static func nullable(_ type: String, _ description: String) -> JSONValue {
        .object([("type", .array([.string(type), .string("null")])), ("description", .string(description))])
    }

    static func count(_ description: String) -> JSONValue {
        .object([("type", .string("integer")), ("minimum", .integer(0)), ("description", .string(description))])
    }

    static func boolean(_ description: String) -> JSONValue {
        .object([("type", .string("boolean")), ("description", .string(description))])
    }

    static func number(_ description: String) -> JSONValue {
        .object([("type", .string("number")), ("description", .string(description))])
    }

    static func array(_ items: JSONValue) -> JSONValue { .object([("type", .string("array")), ("items", items)]) }

    static func object(_ properties: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
        .object([
            ("type", .string("object")),
            ("required", .array(properties.filter { !optional.contains($0.0) }.map { .string($0.0) })),
            ("properties", .object(properties)),
        ])
    }
}

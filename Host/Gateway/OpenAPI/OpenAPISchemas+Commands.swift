extension OpenAPISchemas {
    /// Bodies about commands of devices.
    static let commands: [(String, JSONValue)] = [
        ("CommandList", object([("commands", array(reference("Command")))])),
        ("Command", command),
        ("CommandOrder", order),
        (
            "CommandDeviceList",
            object([
                ("devices", array(reference("CommandDevice"))), ("held", count("Devices that a command holds, in all.")),
                ("locked", count("Devices that are blocked, in all.")), ("waiting", count("Commands that wait for a device, in all.")),
            ])
        ),
        (
            "CommandDevice",
            object([
                ("device", string("The asset or the mRID of the switch.")), ("holder", nullable("object", "The command that holds it, as `Command`.")),
                ("dry_run_holder", nullable("object", "The command that would hold it, were it not a dry run.")),
                ("waiting", array(reference("Command"))), ("scheduled", count("Commands before their time.")),
                ("lock", nullable("object", "`user`, `note` and `since` of the one who blocked it.")),
            ])
        ),
        ("CommandLock", object([("note", string("What work it is blocked for; 1 to 512 bytes."))])),
        ("CommandDryRun", object([("dry_run", boolean("Whether commands are decided, recorded and told, but not published."))])),
    ]

    private static let command = object(
        [
            ("command", count("Its number.")), ("device", string("What is acted on.")), ("topic", string("Where it is published.")),
            ("payload", .object([("description", .string("What is published."))])),
            ("source", .object([("type", .string("object")), ("description", .string("`service` or `user`."))])),
            ("class", word(["optimisation", "balancing", "flisr", "operator", "protection"])),
            ("stage", word(["deciding", "scheduled", "waiting", "dispatching", "holding", "ended"])),
            ("active", boolean("Whether it has not ended.")), ("outcome", word(outcomes)), ("sentence", string("On the latest outcome; may be empty.")),
            ("dry_run", boolean("Whether it is only rehearsed.")), ("reason", string("Why it was given.")), ("key", string("Its idempotency key.")),
            ("submitted", moment), ("dispatched", moment), ("changed", moment), ("held_until", moment), ("expires", moment),
            ("reported", .object([("description", .string("What the device reported last."))])),
        ], optional: ["reported"])

    private static let order = object(
        [
            ("device", string("What is acted on; may be left out where the topic names it.")),
            ("topic", string("A command topic of the site; `setpoints/<device>` if left out.")),
            ("payload", .object([("description", .string("JSON that is published as it is."))])), ("value", number("A set-point, instead of payload.")),
            ("unit", string("The set-point's unit.")), ("hold_seconds", number("How long it holds the device; 0 if left out.")),
            ("expires_in_seconds", number("How long it may wait; 60 if left out.")), ("reason", string("Why.")), ("key", string("Idempotency key.")),
            ("dry_run", boolean("Only rehearse.")), ("despite_lock", boolean("Act although the device is blocked: for who blocked it, or an engineer.")),
            (
                "confirm",
                object(
                    [
                        ("topic", string("Where the device reports.")), ("field", string("Member of the report, joined by dots.")),
                        ("value", .object([("description", .string("The expected text, number or boolean."))])),
                        ("tolerance", number("By how much a number may differ.")), ("within_seconds", number("How long it may take; 10 if left out.")),
                    ], optional: ["field", "value", "tolerance", "within_seconds"])
            ),
        ],
        optional: [
            "device", "topic", "payload", "value", "unit", "hold_seconds", "expires_in_seconds", "reason", "key", "dry_run", "despite_lock", "confirm",
        ])

    private static let outcomes = [
        "accepted", "dispatched", "confirmed", "not-confirmed", "superseded", "expired", "refused", "cancelled", "failed", "dry-run",
    ]
    private static let moment: JSONValue = .object([("type", .array([.string("string"), .string("null")])), ("format", .string("date-time"))])

    private static func word(_ words: [String]) -> JSONValue {
        .object([("type", .string("string")), ("enum", .array(words.map(JSONValue.string)))])
    }
}

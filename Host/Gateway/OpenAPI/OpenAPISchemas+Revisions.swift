extension OpenAPISchemas {
    /// The bodies of the routes about manifests, libraries and revisions.
    static let revisions: [(String, JSONValue)] = [
        (
            "ManifestOverview",
            object([
                (
                    "manifests",
                    array(
                        object([
                            ("file", string("The file.")), ("service", string("The service that it names, or empty.")),
                            ("problems", string("What is wrong with it, one problem a line, or empty.")),
                        ]))
                ),
                ("restart_needed", array(string("A key of site.yaml that takes effect when the host is restarted."))),
            ])
        ),
        (
            "ManifestReport",
            object([
                ("service", string("The service.")), ("file", string("The manifest's file.")),
                ("effect", string("`none`, `noted` (taken over while it runs), `exchange` (of the instance, with its state), `reconnect` or `add`.")),
                (
                    "changes",
                    array(
                        object(
                            [("key", string("Keys joined by dots.")), ("old", string("As it was.")), ("new", string("As it is."))],
                            optional: ["old", "new"]))
                ),
                (
                    "problems",
                    array(object([("file", string("The file.")), ("line", count("The line, 0 for the file.")), ("sentence", string("What is wrong."))]))
                ),
            ])
        ),
        ("ServiceShadow", shadow),
        ("LibraryList", object([("libraries", array(reference("Library")))])),
        (
            "Library",
            object([
                ("path", string("The file.")), ("digest", string("`sha256:` and digits, or empty.")),
                ("identifier", string("From its identity note, or empty.")), ("version", string("From its identity note, or empty.")),
                ("summary", string("From its identity note, or empty.")), ("abi", string("From its identity note, or empty.")),
                ("trust", string("`signed`, `listed`, `tolerated` or `refused`.")), ("detail", string("Why, or empty.")),
                ("used_by", array(string("A service."))),
            ])
        ),
    ]

    /// `revision` of a service.
    static let revision = object(
        [
            ("digest", string("Of the library that runs, or empty.")),
            ("pending_refusal", string("Why the latest change is not made while the revision before runs on, or empty.")),
            ("files_put_aside", boolean("Whether the site's files say something else than what runs.")),
            ("shadow", boolean("Whether another revision runs in its shadow.")),
            (
                "previous",
                object([("version", string("Its version.")), ("digest", string("Its library's digest.")), ("replaced", time)])
            ),
        ], optional: ["previous"])

    private static let counts = object([
        ("equal", count("Both sent the same, within the tolerance.")), ("different", count("Both sent something else.")),
        ("missing", count("The running one alone sent it.")), ("extra", count("The shadow alone sent it.")),
        ("not_compared", count("Not compared, since too much waited for its match.")),
    ])

    private static let shadow = object([
        ("service", string("The service.")), ("version", string("The version in the shadow.")), ("digest", string("Its library's digest, or empty.")),
        ("state", string("Its state.")), ("detail", string("A sentence on the state.")), ("processed", count("Messages it took.")),
        ("errors", count("Errors it reported.")), ("dropped", count("Messages it was too slow for.")), ("since", time), ("total", counts),
        (
            "outputs",
            array(
                object([
                    ("kind", string("`topic` or `series`.")), ("name", string("The topic or series.")), ("counts", counts),
                    ("waiting", count("What may still find its match.")),
                ]))
        ),
        (
            "differences",
            array(
                object(
                    [
                        ("kind", string("`topic` or `series`.")), ("name", string("The topic or series.")), ("time", time),
                        ("running", string("What the running one sent.")), ("shadow", string("What the shadow sent.")),
                    ], optional: ["running", "shadow"]))
        ),
    ])
}

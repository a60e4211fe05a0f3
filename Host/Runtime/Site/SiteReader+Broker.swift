extension SiteReader {
    private static let brokerKeys = [
        "addresses", "user", "password", "client_id", "tls", "dot", "keep_alive", "connect_timeout", "longest_pause", "in_flight", "queue",
    ]

    /// The external broker, where the driver wants one; what does not go with the driver is reported.
    func externalBroker(_ databus: MappingReader, driver: Site.DatabusSettings.Driver) -> ExternalBroker? {
        switch driver {
        case .embedded:
            if databus.has("broker") {
                databus.report("broker", "'broker' of databus is for another driver (expected driver: mqtt; got driver: embedded)")
            }
            return nil
        case .mqtt:
            for key in ["listen", "maximum_connections"] where databus.has(key) {
                databus.report(
                    key, "'\(key)' of databus is for the embedded broker: with driver: mqtt devices connect to the external one (expected no '\(key)'; remove it)")
            }
            guard let node = databus.node("broker") else {
                databus.missing("broker", expected: "a mapping with the addresses of the external broker, because of driver: mqtt")
                return nil
            }
            return broker(reader(node, name: "databus.broker", keys: Self.brokerKeys))
        }
    }

    private func broker(_ reader: MappingReader) -> ExternalBroker {
        var broker = ExternalBroker()
        broker.addresses = addresses(reader)
        broker.user = reader.text("user", expected: "the name of a user of the broker")
        broker.password = reader.text("password", expected: "the password, as ${NAME} out of the environment")
        if reader.has("password"), !reader.has("user") { reader.missing("user", expected: "the user whom the password is for") }
        broker.clientIdentifier = reader.text("client_id", expected: "an MQTT client identifier that no other client of the broker has")
        broker.tls = reader.node("tls").map { tls(self.reader($0, name: "databus.broker.tls", keys: ["ca", "certificate", "key", "server_name"])) }
        broker.dot = dot(reader)
        if let time = reader.duration("keep_alive", in: 1_000_000_000...3_600_000_000_000) { broker.keepAlive = time }
        if let time = reader.duration("connect_timeout", in: 100_000_000...120_000_000_000) { broker.connectTimeout = time }
        if let time = reader.duration("longest_pause", in: 100_000_000...600_000_000_000) { broker.longestPause = time }
        if let count = reader.integer("in_flight", in: 1...65_000) { broker.inFlight = count }
        if let queue = reader.node("queue") {
            let queue = self.reader(queue, name: "databus.broker.queue", keys: ["messages", "bytes"])
            if let count = queue.integer("messages", in: 1...100_000_000) { broker.queueMessages = count }
            if let size = queue.size("bytes", in: 1_024...(1 << 40)) { broker.queueBytes = size }
        }
        return broker
    }

    private func dot(_ reader: MappingReader) -> String? {
        let expected = "what stands for a dot in topics at the broker, such as \"%2E\""
        guard let text = reader.text("dot", expected: expected) else { return nil }
        if !text.contains(where: { "./+#$\0".contains($0) }) { return text }
        reader.report("dot", "'dot' of databus.broker cannot be part of a topic's level (expected \(expected), without . / + # $; got '\(text)')")
        return nil
    }

    private func addresses(_ reader: MappingReader) -> [ListenAddress] {
        let example = "a list of host:port such as [rabbitmq.example:8883]"
        guard reader.has("addresses") else {
            reader.missing("addresses", expected: example)
            return []
        }
        guard let texts = reader.texts("addresses", of: "addresses such as rabbitmq.example:8883") else { return [] }
        if texts.isEmpty { reader.report("addresses", "'addresses' of databus.broker is empty (expected \(example); got nothing)") }
        return texts.compactMap { text, line in
            if let address = ListenAddress(text), address.port > 0 { return address }
            problems.add(
                ManifestPlace(file: file, line: line),
                "an item of 'addresses' of databus.broker is malformed (expected host:port such as rabbitmq.example:8883, port 1 … 65535; got '\(text)')")
            return nil
        }
    }

    private func tls(_ reader: MappingReader) -> ExternalBroker.TLS {
        func path(_ key: String, _ expected: String) -> String? { reader.text(key, expected: expected).map { SiteFolder.join(folder, $0) } }
        var tls = ExternalBroker.TLS()
        tls.authorities = path("ca", "a PEM file with certificates of authorities")
        tls.certificate = path("certificate", "a PEM file with the certificate of this host")
        tls.key = path("key", "a PEM file with the key of the certificate")
        tls.serverName = reader.text("server_name", expected: "the name that the broker's certificate is for")
        if reader.has("certificate") != reader.has("key") {
            reader.missing(reader.has("key") ? "certificate" : "key", expected: "certificate and key together")
        }
        return tls
    }
}

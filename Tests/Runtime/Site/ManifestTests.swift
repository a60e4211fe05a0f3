import Glibc
import Testing
import Topics

@testable import Runtime

@Suite("Manifests")
struct ManifestTests {
    /// Writes a site of two files and returns what is wrong with it, with paths below the site's folder.
    private func problems(site: String = "site: test\n", service: String? = nil) throws -> [String] {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", site)
        if let service { try folder.write("services/s.yaml", service) }
        do throws(ManifestErrors) {
            _ = try SiteFolder.load(folder.path, environment: { $0 == "SECRET" ? "s3:cret" : nil })
            return []
        } catch {
            return error.problems.map { $0.description.replacing(folder.path + "/", with: "") }
        }
    }

    private static let service = "service: s\nlibrary: x\n"

    @Test(
        "A faulty site.yaml is refused with its line and a sentence",
        arguments: [
            ("databus: {}\n", "site.yaml:1: site.yaml lacks the key 'site' (expected the name of the site; got nothing; add the key)"),
            ("site: a\nstorege: {}\n", "site.yaml:2: unknown key 'storege' in site.yaml (did you mean 'storage'? expected site, databus, storage, gateway, hosts, access, plugins, commands, live, health or log; got 'storege')"),
            ("site: a\nxyz: 1\n", "site.yaml:2: unknown key 'xyz' in site.yaml (expected site, databus, storage, gateway, hosts, access, plugins, commands, live, health or log; got 'xyz')"),
            ("site: [a]\n", "site.yaml:1: 'site' of site.yaml has the wrong type (expected the name of the site; got a list)"),
            ("site:\n", "site.yaml:1: 'site' of site.yaml has the wrong type (expected the name of the site; got nothing)"),
            ("- a\n", "site.yaml:1: site.yaml has the wrong type (expected a mapping with site, databus, storage, gateway, hosts, access, plugins, commands, live, health or log; got a list)"),
            ("site: a\ndatabus:\n  lisen: x\n", "site.yaml:3: unknown key 'lisen' in databus (did you mean 'listen'? expected driver, listen, maximum_packet, maximum_connections, session_queue or broker; got 'lisen')"),
            ("site: a\ndatabus: {driver: rabbit}\n", "site.yaml:2: 'driver' of databus has an unknown value (expected embedded or mqtt; got 'rabbit')"),
            ("site: a\ndatabus: {driver: embeded}\n", "site.yaml:2: 'driver' of databus has an unknown value (did you mean 'embedded'? expected embedded or mqtt; got 'embeded')"),
            ("site: a\ndatabus:\n  listen: 1883\n", "site.yaml:3: 'listen' of databus is malformed (expected host:port such as 127.0.0.1:1883, port 0 … 65535; got '1883')"),
            ("site: a\ndatabus:\n  listen: a:70000\n", "site.yaml:3: 'listen' of databus is malformed (expected host:port such as 127.0.0.1:1883, port 0 … 65535; got 'a:70000')"),
            ("site: a\ndatabus: 5\n", "site.yaml:2: databus has the wrong type (expected a mapping with driver, listen, maximum_packet, maximum_connections, session_queue or broker; got '5')"),
            ("site: a\ndatabus:\n  maximum_packet: 16\n", "site.yaml:3: 'maximum_packet' of databus is malformed (expected a size such as 512B, 64KiB, 16MiB or 1GiB; got '16'; give a unit)"),
            ("site: a\ndatabus:\n  maximum_packet: 1GiB\n", "site.yaml:3: 'maximum_packet' of databus is out of range (expected 1KiB … 256MiB; got 1GiB)"),
            ("site: a\ndatabus:\n  maximum_connections: many\n", "site.yaml:3: 'maximum_connections' of databus has the wrong type (expected a whole number, 1 … 1000000; got 'many')"),
            ("site: a\ndatabus: {driver: mqtt}\n", "site.yaml:2: databus lacks the key 'broker' (expected a mapping with the addresses of the external broker, because of driver: mqtt; got nothing; add the key)"),
            ("site: a\ndatabus:\n  driver: mqtt\n  listen: 127.0.0.1:1883\n  broker: {addresses: [a:1]}\n", "site.yaml:4: 'listen' of databus is for the embedded broker: with driver: mqtt devices connect to the external one (expected no 'listen'; remove it)"),
            ("site: a\ndatabus:\n  broker: {addresses: [a:1]}\n", "site.yaml:3: 'broker' of databus is for another driver (expected driver: mqtt; got driver: embedded)"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {user: a}\n", "site.yaml:4: databus.broker lacks the key 'addresses' (expected a list of host:port such as [rabbitmq.example:8883]; got nothing; add the key)"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {addresses: []}\n", "site.yaml:4: 'addresses' of databus.broker is empty (expected a list of host:port such as [rabbitmq.example:8883]; got nothing)"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {addresses: [rabbit]}\n", "site.yaml:4: an item of 'addresses' of databus.broker is malformed (expected host:port such as rabbitmq.example:8883, port 1 … 65535; got 'rabbit')"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {addresses: [a:1], password: b}\n", "site.yaml:4: databus.broker lacks the key 'user' (expected the user whom the password is for; got nothing; add the key)"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {addresses: [a:1], tls: {key: b}}\n", "site.yaml:4: databus.broker.tls lacks the key 'certificate' (expected certificate and key together; got nothing; add the key)"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {addresses: [a:1], dot: a/b}\n", "site.yaml:4: 'dot' of databus.broker cannot be part of a topic's level (expected what stands for a dot in topics at the broker, such as \"%2E\", without . / + # $; got 'a/b')"),
            ("site: a\ndatabus:\n  driver: mqtt\n  broker: {addresses: [a:1], in_flight: 0}\n", "site.yaml:4: 'in_flight' of databus.broker is out of range (expected 1 … 65000; got 0)"),
            ("site: a\ndatabus:\n  session_queue: {messages: 0}\n", "site.yaml:3: 'messages' of databus.session_queue is out of range (expected 1 … 100000000; got 0)"),
            ("site: a\nstorage:\n  commit_interval: 100\n", "site.yaml:3: 'commit_interval' of storage is malformed (expected a duration such as 500ms, 5s, 10m, 1h or 7d; got '100'; give a unit)"),
            ("site: a\nstorage:\n  commit_interval: 5 parsecs\n", "site.yaml:3: 'commit_interval' of storage is malformed (expected a duration such as 500ms, 5s, 10m, 1h or 7d; got '5 parsecs')"),
            ("site: a\nstorage:\n  commit_interval: 2h\n", "site.yaml:3: 'commit_interval' of storage is out of range (expected 1ms … 1m; got 2h)"),
            ("site: a\nstorage: {driver: influxd, url: \"http://h\"}\n", "site.yaml:2: 'driver' of storage has an unknown value (did you mean 'influxdb'? expected embedded, influxdb or victoriametrics; got 'influxd')"),
            ("site: a\nstorage: {driver: influxdb}\n", "site.yaml:2: storage lacks the key 'url' (expected the engine's address, such as http://tsdb:8086; got nothing; add the key)"),
            ("site: a\nstorage:\n  driver: victoriametrics\n  write_url: http://h\n", "site.yaml:3: storage lacks the key 'url' (expected url alone, or write_url and query_url, the addresses of vminsert and vmselect; got nothing; add the key)"),
            ("site: a\nstorage: {driver: influxdb, url: \"http://h\", spool_size: 1MiB}\n", "site.yaml:2: 'spool_size' of storage is out of range (expected 16MiB … 16384GiB; got 1MiB)"),
            ("site: a\nstorage: {driver: influxdb, url: \"http://h\", password: x}\n", "site.yaml:2: a password of storage belongs to a user (expected 'user' beside it; got none)"),
            ("site: a\ngateway: {listen: nowhere}\n", "site.yaml:2: 'listen' of gateway is malformed (expected host:port such as 127.0.0.1:8080, port 0 … 65535; got 'nowhere')"),
            ("site: a\nhosts: {}\n", "site.yaml:2: hosts lacks the key 'broker' (expected a mapping with the address of the MQTT broker that all hosts share, or databus.driver: mqtt; got nothing; add the key)"),
            ("site: a\nhosts:\n  ttl: 100ms\n  broker: {address: \"b:1883\"}\n", "site.yaml:3: 'ttl' of hosts is out of range (expected 1s … 5m; got 100ms)"),
            ("site: a\nhosts:\n  name: two words\n  broker: {address: \"b:1883\"}\n", "site.yaml:3: the host's name is not acceptable (expected letters, digits, '-', '_' and '.', at most 128; got 'two words')"),
            ("site: a\nhosts:\n  broker: {user: u}\n", "site.yaml:3: hosts.broker lacks the key 'address' (expected host:port of an MQTT broker; got nothing; add the key)"),
            ("site: a\nhosts:\n  broker: {address: \"b:1883\", password: x}\n", "site.yaml:3: 'password' of hosts.broker has no user (expected user beside it, as MQTT 3.1.1 asks for; got none)"),
            ("site: a\nlive: {topics: /pmu/#}\n", "site.yaml:2: 'topics' of live has the wrong type (expected a list of topic filters; got '/pmu/#')"),
            ("site: a\nlive:\n  topics:\n    - ok/+\n    - a#\n", "site.yaml:5: the topic filter 'a#' is malformed: '#' must stand alone between slashes (expected levels between slashes, '+' for one and '#' for all that follow; got 'a#')"),
            ("site: a\nlog: {level: loud}\n", "site.yaml:2: 'level' of log has an unknown value (expected trace, debug, info, notice, warning, error or critical; got 'loud')"),
            ("site: a\nplugins: {folders: [[x]]}\n", "site.yaml:2: an item of 'folders' of plugins has the wrong type (expected a text; got a list)"),
            ("site: a\naccess:\n  users:\n    - {name: a, role: boss, password: x}\n", "site.yaml:4: 'role' of a user has an unknown value (expected viewer, operator, engineer or admin; got 'boss')"),
            ("site: a\naccess:\n  users:\n    - {name: a, password: x}\n", "site.yaml:4: a user lacks the key 'role' (expected viewer, operator, engineer or admin; got nothing; add the key)"),
            ("site: a\naccess:\n  users:\n    - {name: a, role: admin}\n", "site.yaml:4: a user has one way to prove itself (expected password or password_hash; got neither)"),
            ("site: a\naccess:\n  users:\n    - {name: a, role: admin, password: x}\n    - {name: a, role: viewer, password: y}\n", "site.yaml:5: the user 'a' is there twice (expected each name once; got it at line 4 too)"),
            ("site: a\naccess:\n  topics:\n    - {publish: [x]}\n", "site.yaml:4: a topic rule is for one role or one user (expected role or user; got neither)"),
            ("site: a\naccess: {users: [{name: a, role: admin, password: ${NOWHERE}}]}\n", "site.yaml:2: the YAML is malformed: did not find expected ',' or '}' (column 52)"),
            ("site: a\naccess:\n  users:\n    - name: a\n      role: admin\n      password: ${NOWHERE}\n", "site.yaml:6: the environment variable NOWHERE is not set (expected a value for ${NOWHERE}; got nothing; set it before the start)"),
            ("site: ${SECRET\n", "site.yaml:1: '${' has no '}' (expected ${NAME}; got '${SECRET')"),
            ("site: a\nsite: b\n", "site.yaml:1: the key 'site' is given twice in one mapping: remove one of the two"),
            ("site: *nowhere\n", "site.yaml:1: the YAML is malformed: found undefined alias (column 7)"),
        ])
    func faultySite(_ text: String, _ problem: String) throws {
        let found = try problems(site: text).first
        #expect(found == problem)
    }

    @Test(
        "A faulty service manifest is refused with its line and a sentence",
        arguments: [
            ("library: x\n", "1: the service manifest lacks the key 'service' (expected a name of lower-case letters, digits and hyphens that begins with a letter; got nothing; add the key)"),
            ("service: s\n", "1: the service manifest lacks the key 'library' (expected the name or path of a shared library; got nothing; add the key)"),
            ("service: My Service\nlibrary: x\n", "1: the service's name is not acceptable (expected a name of lower-case letters, digits and hyphens that begins with a letter, at most 63; got 'My Service')"),
            (service + "subscibe: []\n", "3: unknown key 'subscibe' in the service manifest (did you mean 'subscribe'? expected service, library, digest, description, enabled, isolation, subscribe, publish, timeseries, commands, queue, deadline, drain, kv_quota, limits, restart, upgrade, replicas, hosts, labels, config or foreign; got 'subscibe')"),
            (service + "enabled: yes\n", "3: 'enabled' of the service manifest has the wrong type (expected true or false; got 'yes')"),
            (service + "isolation: proces\n", "3: 'isolation' of the service manifest has an unknown value (did you mean 'process'? expected in-process, process or foreign; got 'proces')"),
            (service + "isolation: foreign\n", "1: the service manifest lacks the key 'foreign' (expected what the library's functions are and what they are called for; got nothing; add the key)"),
            (service + "isolation: process\nforeign: {}\n", "4: 'foreign' describes a library that is no service (expected isolation: foreign beside it; got another; add it)"),
            (service + "isolation: foreign\nsubscribe: [a]\nforeign:\n  functions:\n    f: {parameters: {x: doubel}, returns: void}\n  golden: [{call: f}]\n  messages: [{calls: [{call: f}], publish: [{topic: b, payload: 1}]}]\n", "7: the type 'doubel' is not known (expected int8 … uint64, int, uint, long, ulong, size_t, float, double or bool, alone, behind in, out or inout, or with a length as in 'in double[n]'; string, 'out string[64]', 'struct NAME', 'out struct NAME', 'handle NAME', 'out handle NAME', 'callback NAME' or pointer; got 'doubel')"),
            (service + "replicas: 2\n", "3: 'replicas' of the service manifest has an unknown value (did you mean '1'? expected 1 or each; got '2')"),
            (service + "hosts: control\n", "3: 'hosts' of the service manifest has the wrong type (expected a list of patterns of host names; got 'control')"),
            (service + "limits: {memory: 64MiB}\n", "3: 'memory' of limits can't be kept in the host's process (expected isolation: process; add it, or remove the limit)"),
            (service + "limits: {publish_rate: 10}\n", "3: 'publish_rate' of limits is malformed (expected a rate such as 1000/s, at most 100000000/s; got '10')"),
            (service + "restart: {attempts: -1}\n", "3: 'attempts' of restart is out of range (expected 0 … 1000000; got -1)"),
            (service + "subscribe: /pmu/#\n", "3: 'subscribe' of the service manifest has the wrong type (expected a list of topic filters; got '/pmu/#')"),
            (service + "subscribe:\n  - /pmu/#/x\n", "4: the topic filter '/pmu/#/x' is malformed: '#' may only be the last level (expected levels between slashes, '+' for one and '#' for all that follow; got '/pmu/#/x')"),
            (service + "subscribe:\n  - topic: a+\n", "4: the topic filter 'a+' is malformed: '+' must stand alone between slashes (expected levels between slashes, '+' for one and '#' for all that follow; got 'a+')"),
            (service + "subscribe:\n  - {qos: 1}\n", "4: a subscription lacks the key 'topic' (expected a topic filter; got nothing; add the key)"),
            (service + "subscribe:\n  - {topic: a, qos: 3}\n", "4: 'qos' of a subscription is out of range (expected 0 … 1; got 3)"),
            (service + "subscribe:\n  - {topic: a, session: durable}\n", "4: 'session' of a subscription has an unknown value (expected clean or persistent; got 'durable')"),
            (service + "subscribe:\n  - {topic: a, acknowledge: stored, qos: 0}\n", "4: acknowledge: stored needs acknowledged deliveries (expected qos: 1; got 0)"),
            (service + "subscribe:\n  - {topic: a, session: persistent, qos: 0}\n", "4: session: persistent needs acknowledged deliveries (expected qos: 1; got 0)"),
            (service + "subscribe:\n  - {topic: a, acknowledge: stored}\nqueue: {overflow: drop-oldest}\n", "4: acknowledge: stored and overflow: drop-oldest exclude each other, since a dropped message is never stored (expected overflow: block or spill; got drop-oldest)"),
            (service + "publish: [a, 'b/#/c']\n", "3: the topic filter 'b/#/c' is malformed: '#' may only be the last level (expected levels between slashes, '+' for one and '#' for all that follow; got 'b/#/c')"),
            (service + "timeseries: {wriet: []}\n", "3: unknown key 'wriet' in timeseries (did you mean 'write'? expected read or write; got 'wriet')"),
            (service + "timeseries:\n  write:\n    - {database: d}\n", "5: timeseries.write lacks the key 'measurement' (expected a measurement, or \"*\" for all; got nothing; add the key)"),
            (service + "timeseries: {read: [pmu]}\n", "3: timeseries.read has the wrong type (expected a mapping with database or measurement; got 'pmu')"),
            (service + "queue: {overflow: drop}\n", "3: 'overflow' of queue has an unknown value (expected block, drop-oldest, drop-newest or spill; got 'drop')"),
            (service + "queue: {spill: 1GiB}\n", "3: 'spill' of queue is of no effect (expected overflow: spill beside it; got block)"),
            (service + "queue: {overflow: drop-oldst}\n", "3: 'overflow' of queue has an unknown value (did you mean 'drop-oldest'? expected block, drop-oldest, drop-newest or spill; got 'drop-oldst')"),
            (service + "queue: {messages: -1}\n", "3: 'messages' of queue is out of range (expected 1 … 10000000; got -1)"),
            (service + "queue: {bytes: 10}\n", "3: 'bytes' of queue is malformed (expected a size such as 512B, 64KiB, 16MiB or 1GiB; got '10'; give a unit)"),
            (service + "deadline: 0s\n", "3: 'deadline' of the service manifest is out of range (expected 1ms … 1h; got 0s)"),
            (service + "drain: soon\n", "3: 'drain' of the service manifest is malformed (expected a duration such as 500ms, 5s, 10m, 1h or 7d; got 'soon')"),
            (service + "kv_quota: 2GiB\n", "3: 'kv_quota' of the service manifest is out of range (expected 0B … 1GiB; got 2GiB)"),
            (service + "labels: [a]\n", "3: labels has the wrong type (expected a mapping of words; got a list)"),
            (service + "labels:\n  a: [b]\n", "4: the label 'a' has the wrong type (expected a text; got a list)"),
            (service + "config: [a]\n", "3: 'config' of the service manifest has the wrong type (expected a mapping; got a list)"),
            (service + "config:\n  limit: .inf\n", "4: '.inf' can't be given to a service (expected a finite number; got '.inf'; leave the key out instead)"),
            (service + "config: {a: [1, }\n", "3: the YAML is malformed: did not find expected node content (column 17)"),
            (service + "\tconfig: 1\n", "3: the YAML is malformed: found a tab character that violates indentation (column 1)"),
        ])
    func faultyService(_ text: String, _ problem: String) throws {
        let found = try problems(service: text).first
        #expect(found == "services/s.yaml:" + problem)
    }

    @Test("Everything that is wrong in all files is told at once, in the order of files and lines")
    func allProblems() throws {
        let found = try problems(site: "log: {level: x}\nlive: 3\n", service: "service: S\nqueue: {messages: x}\nextra: 1\n")
        #expect(found.map { $0.prefix { $0 != " " } } == [
            "services/s.yaml:1:", "services/s.yaml:1:", "services/s.yaml:2:", "services/s.yaml:3:", "site.yaml:1:", "site.yaml:1:", "site.yaml:2:",
        ])
    }

    @Test("Two services of one name, a file that would be overlooked and a missing site.yaml are refused")
    func folders() throws {
        let folder = try TemporaryFolder()
        try folder.write("services/a.yaml", Self.service)
        try folder.write("services/b.yaml", "# comment\n" + Self.service)
        try folder.write("services/c.yml", Self.service)
        let error = #expect(throws: ManifestErrors.self) { try SiteFolder.load(folder.path) }
        let found = error?.problems.map { $0.description.replacing(folder.path + "/", with: "") }
        #expect(found == [
            "services/b.yaml:2: the service name 's' is taken (expected a name of its own; got that of services/a.yaml:1; rename one of the two)",
            "services/c.yml: the file would be overlooked (expected a name that ends with .yaml; got 'c.yml'; rename it)",
            "site.yaml: can't open site.yaml: No such file or directory",
        ])
    }

    @Test("Text that is not UTF-8 and aliases that unfold without end are refused")
    func hostileText() throws {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: a\n")
        try HostFiles.replace(folder.path + "/site.yaml", with: [0x73, 0x3A, 0xFF])
        #expect(throws: ManifestErrors.self) { try SiteFolder.load(folder.path) }
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 { bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n" }
        #expect(try problems(site: bomb).first?.contains("the document is too large") == true)
    }

    @Test("A whole site is read, with defaults where it says nothing")
    func wholeSite() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "site.yaml",
            """
            site: Feeder ${SECRET}
            databus: {listen: "[::1]:1884", maximum_packet: 1MiB}
            storage: {commit_interval: 20ms, driver: victoriametrics, write_url: "http://a:1/insert/0/influx", query_url: "http://b:2", user: u, password: "${SECRET}", ca_file: ca.pem, spool_size: 2GiB, timeout: 5s}
            access:
              users:
                - {name: admin, role: admin, password_hash: "$scrypt$x"}
              topics:
                - {role: viewer, subscribe: ["#"]}
            plugins: {folders: [libs, /opt/libs]}
            live: {topics: ["/pmu/#"]}
            log: {level: debug}
            """)
        try folder.write(
            "services/s.yaml",
            """
            service: s
            library: x
            subscribe:
              - /pmu/#
              - {topic: measurements/+, session: persistent, acknowledge: stored}
            publish: ["deadletter/#"]
            timeseries: {write: [{database: d, measurement: "*"}]}
            queue: {messages: 10, bytes: 64KiB}
            deadline: 1.5s
            labels: {team: grid}
            config: {grid: "${SITE}/grid/a.xml", out: "${DATA}/csv", z: 1, a: [true, null, "1", 1.5, no, -3e2], b: {c: "q\\"\\u0001"}}
            """)
        let site = try SiteFolder.load(folder.path, environment: { _ in "7" })
        #expect(site.name == "Feeder 7" && site.databus.listen.description == "[::1]:1884" && site.databus.listen.isLoopback)
        #expect(site.databus.maximumPacketBytes == 1 << 20 && site.storage.commitInterval == .milliseconds(20))
        let engine = try #require(site.storage.engine)
        #expect(engine.writeURL.text == "http://a:1/insert/0/influx" && engine.queryURL.text == "http://b:2" && engine.queryURL.place.line == 3)
        #expect(engine.user == "u" && engine.password == "7" && engine.authoritiesFile == "\(folder.path)/ca.pem")
        #expect(engine.spoolBytes == 2 << 30 && engine.timeout == .seconds(5) && engine.flushInterval == .seconds(1))
        #expect(site.gateway.listen.description == "127.0.0.1:8080" && site.logLevel == .debug)
        #expect(site.pluginFolders == ["\(folder.path)/libs", "/opt/libs"])
        #expect(site.access.users.first?.place.line == 6 && site.access.topics.first?.subject == .role(.viewer))
        let service = try #require(site.services.first)
        #expect(service.subscriptions.map(\.qos) == [0, 1] && service.keepsSession)
        #expect(service.deadline == .milliseconds(1_500) && service.drain == .seconds(10) && service.memoryQuota == 1 << 20)
        #expect(service.queue == QueueLimits(messages: 10, bytes: 65_536, overflow: .block))
        #expect(service.timeSeries.mayWrite(database: "d", measurement: "anything") && !service.timeSeries.mayRead(database: "d", measurement: "x"))
        let root = try #require(realpath(folder.path, nil))
        defer { free(root) }
        #expect(SiteFolder.dataFolder.hasPrefix("/"))
        #expect(service.config.json == #"{"grid":"\#(String(cString: root))/grid/a.xml","out":"\#(SiteFolder.dataFolder)/csv","z":1,"a":[true,null,"1",1.5,"no",-300.0],"b":{"c":"q\"\u0001"}}"#)
    }

    @Test("Files of a site are named by the site's folder where services/ is a link, as in a mounted ConfigMap")
    func siteOfLinkedServices() throws {
        let folder = try TemporaryFolder()
        try folder.write("..1/site.yaml", "site: linked")
        try folder.write("..1/services/s.yaml", #"{service: s, library: x, config: {grid: "${SITE}/grid/a.xml"}}"#)
        for (link, target) in [("..data", "..1"), ("site.yaml", "..data/site.yaml"), ("services", "..data/services")] {
            #expect(symlink(target, "\(folder.path)/\(link)") == 0)
        }
        let root = try #require(realpath(folder.path, nil))
        defer { free(root) }
        let service = try #require(try SiteFolder.load(folder.path).services.first)
        #expect(service.config.json == #"{"grid":"\#(String(cString: root))/grid/a.xml"}"#)
    }

    @Test("The demonstration site can be read")
    func demonstrationSite() throws {
        let site = try SiteFolder.load("\(CLibrary.headers)/../../manifests/demo")
        #expect(site.databus.listen.isLoopback && site.gateway.listen.isLoopback)
        #expect(Set(site.access.users.map(\.name)).isSuperset(of: ["admin", "operator", "viewer"]))
        let adapter = try #require(site.services.first { $0.service == "database-adapter" })
        #expect(adapter.subscriptions.map(\.filter.description) == ["/pmu/#", "measurements/pmu/+"])
        #expect(adapter.timeSeries.mayWrite(database: "dsotp", measurement: "pmu"))
    }
}

import Runtime
import SiteCalendar

extension SiteDescription {
    private static let keys = [
        "grid", "seed", "time_zone", "latitude", "longitude", "step", "databus", "customers", "batteries", "plants", "pmus", "remote_units", "exchanges",
        "aggregates", "meters", "assets", "weather", "trouble",
    ]

    /// Reads `emulation.yaml` of a site's folder.
    /// - Throws: everything that is wrong with it, each with its line.
    init(folder: String) throws(ManifestErrors) {
        let file = SiteFolder.join(folder, "emulation.yaml")
        let root = try SiteFolder.document(file)
        let problems = ProblemList()
        let reader = DescriptionReader(MappingReader(root, name: "emulation.yaml", keys: Self.keys, file: file, problems: problems))
        let description = SiteDescription(reader, folder: folder)
        guard problems.problems.isEmpty else { throw ManifestErrors(problems.problems.sorted { $0.place.line < $1.place.line }) }
        self = description
    }

    /// What can't be read has a value that is never used: the problems are told instead.
    private init(_ reader: DescriptionReader, folder: String) {
        let root = reader.mapping
        gridPaths = (root.texts("grid", of: "CIM files") ?? []).map { SiteFolder.join(folder, $0.text) }
        if gridPaths.isEmpty { root.missing("grid", expected: "the CIM files of the site's grid, as the services have them") }
        seed = UInt64(root.integer("seed", in: 0...Int(Int32.max)) ?? 1)
        let name = root.text("time_zone", expected: "a zone such as Europe/Berlin") ?? "UTC"
        if SiteZone(name) == nil { root.report("time_zone", "'time_zone' is '\(name)' (expected a zone of the system's database such as Europe/Berlin)") }
        zone = SiteZone(name) ?? .utc
        place = Place(latitude: root.number("latitude", in: -90...90) ?? 50, longitude: root.number("longitude", in: -180...180) ?? 8)
        stepSeconds = reader.seconds("step", 1...300) ?? 10
        let databus = reader.part("databus", ["user", "password"])
        user = databus?.mapping.text("user") ?? "admin"
        password = databus?.mapping.text("password") ?? "admin"
        customers = reader.parts("customers", "customer", Customer.keys).map { Customer($0) }
        batteries = reader.parts("batteries", "battery", ["at", "id", "kw", "kwh", "ramp_kw_per_second"]).map { part in
            StationBattery(at: part.required("at", "the mRID of a load"), asset: AssetDescription(part, .battery, ramp: 50))
        }
        plants = reader.parts("plants", "plant", ["at", "kw", "kind", "period"]).map { part in
            Plant(at: part.required("at", "the mRID of a generator"), kilowatts: part.requiredNumber("kw", 0...1e6), kind: part.mapping.choice("kind") ?? .pv,
                periodSeconds: part.seconds("period", 1...3600))
        }
        instruments = Instruments(reader)
        meters = Meters(reader.part("meters", ["topic", "late_topic", "delivery", "meters_a_message"]))
        assets = AssetTopics(reader.part("assets", ["report_topic", "setpoint_topic", "community", "report", "hold"]))
        weather = reader.part("weather", ["topic", "every_hours", "horizon_hours"]).map { part in
            WeatherTopic(
                topic: part.mapping.text("topic") ?? "weather/forecast/emulated", everyHours: part.mapping.integer("every_hours", in: 1...24) ?? 6,
                horizonHours: part.mapping.integer("horizon_hours", in: 6...240) ?? 72)
        }
        trouble = reader.part("trouble", ["lag", "refuse", "vanish", "cuts"]).map { Trouble($0) } ?? Trouble()
        let pairs = customers.flatMap { customer in customer.assets.map { ($0.id, "gateway-\(customer.at)") } }
        gateways = Dictionary(pairs) { first, _ in first }
    }
}

extension SiteDescription.Customer {
    static let keys = ["at", "annual_kwh", "shape", "customers", "pv_kw", "pv_id", "battery", "heat_pump", "vehicle", "meter"]

    init(_ part: DescriptionReader) {
        at = part.required("at", "the mRID of a load")
        annualKilowattHours = part.requiredNumber("annual_kwh", 0...1e9)
        shape = part.mapping.choice("shape") ?? .H0
        count = part.mapping.integer("customers", in: 1...1_000_000) ?? 1
        let roof = part.mapping.number("pv_kw", in: 0...1e6) ?? 0
        meter = part.mapping.choice("meter") ?? .live
        var assets: [AssetDescription] = []
        for (key, kind) in [("battery", AssetDescription.Kind.battery), ("heat_pump", .heater), ("vehicle", .vehicle)] {
            if let asset = part.part(key, ["id", "kw", "kwh", "ramp_kw_per_second"]) { assets.append(AssetDescription(asset, kind, ramp: 2)) }
        }
        if let id = part.mapping.text("pv_id") {
            assets.append(AssetDescription(id: id, kind: .photovoltaics, maximumKW: 0, feedKW: roof, capacityKWh: 0, rampKWPerSecond: 2))
        }
        photovoltaicKW = roof
        self.assets = assets
    }
}

extension AssetDescription {
    init(_ part: DescriptionReader, _ kind: Kind, ramp: Double) {
        id = part.required("id", "the name of the asset, a level of its topics")
        self.kind = kind
        maximumKW = part.requiredNumber("kw", 0...1e6)
        feedKW = kind == .battery ? maximumKW : 0
        capacityKWh = part.mapping.number("kwh", in: 0...1e7) ?? (kind == .vehicle ? 50 : 4 * maximumKW)
        rampKWPerSecond = part.mapping.number("ramp_kw_per_second", in: 0.001...1e6) ?? ramp
    }
}

extension SiteDescription.Instruments {
    init(_ reader: DescriptionReader) {
        pmus = reader.parts("pmus", "PMU", ["device", "topic", "at", "bay", "period"]).map { part in
            SiteDescription.PMU(
                device: part.required("device", "the name of the device"), topic: part.mapping.text("topic") ?? "/pmu/{device}",
                at: part.required("at", "the mRID of a busbar"), bay: part.mapping.text("bay"), periodSeconds: part.seconds("period", 0.02...3600) ?? 1)
        }
        units = reader.parts("remote_units", "remote unit", ["device", "topic", "busbar", "bays", "switches", "period"]).map { part in
            SiteDescription.RemoteUnit(
                device: part.required("device", "the name of the device"), topic: part.mapping.text("topic") ?? "measurements/scada/{device}",
                busbar: part.mapping.text("busbar"), bays: part.texts("bays"), switches: part.texts("switches"),
                periodSeconds: part.seconds("period", 0.1...3600) ?? 10)
        }
        exchanges = reader.parts("exchanges", "exchange", ["device", "topic", "bay", "period"]).map { part in
            SiteDescription.Exchange(
                device: part.required("device", "the name of the device"), topic: part.required("topic", "communities/<name>/exchange"),
                bay: part.required("bay", "the mRID of the switch behind the transformer"), periodSeconds: part.seconds("period", 0.1...3600) ?? 10)
        }
        aggregates = reader.parts("aggregates", "aggregate", ["device", "topic", "shape"]).map { part in
            SiteDescription.Aggregate(
                device: part.required("device", "the name of the device"), topic: part.mapping.text("topic") ?? "measurements/profile/{device}",
                shape: part.mapping.choice("shape"))
        }
    }
}

extension SiteDescription.Meters {
    init(_ part: DescriptionReader?) {
        topic = part?.mapping.text("topic") ?? "measurements/meter/{device}"
        lateTopic = part?.mapping.text("late_topic") ?? "readings/head-end"
        deliverySecond = part?.timeOfDay("delivery") ?? 6 * 3600
        perMessage = part?.mapping.integer("meters_a_message", in: 1...1000) ?? 10
    }
}

extension SiteDescription.AssetTopics {
    init(_ part: DescriptionReader?) {
        report = part?.mapping.text("report_topic") ?? "assets/{asset}/report"
        setPoint = part?.mapping.text("setpoint_topic") ?? "setpoints/{asset}"
        community = part?.mapping.text("community")
        reportSeconds = part?.seconds("report", 1...3600) ?? 60
        holdSeconds = part?.seconds("hold", 1...86_400) ?? 300
    }
}

extension Trouble {
    init(_ part: DescriptionReader) {
        if let lag = part.part("lag", ["assets", "share", "for"]) {
            lagging = lag.selection
            lagSeconds = lag.seconds("for", 0...86_400) ?? lagSeconds
        }
        if let refuse = part.part("refuse", ["assets", "share"]) { refusing = refuse.selection }
        if let vanish = part.part("vanish", ["assets", "share", "for", "every"]) {
            vanishing = vanish.selection
            vanishSeconds = vanish.seconds("for", 1...86_400) ?? vanishSeconds
            vanishEverySeconds = vanish.seconds("every", 60...864_000) ?? vanishEverySeconds
        }
        cuts = part.parts("cuts", "cut", ["at", "for", "devices"]).map { cut in
            Cut(beginSecond: cut.timeOfDay("at") ?? 0, seconds: Int(cut.seconds("for", 1...86_400) ?? 300), devices: cut.texts("devices"))
        }
    }
}

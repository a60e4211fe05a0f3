internal import PluginAPI

/// `series`, `messages` and `timers`.
extension DescriptionReader {
    func readSeries(_ given: SectionMapping) {
        let keys = ["database", "measurement", "tags", "field", "window", "points", "minimum"]
        for entry in given.entries {
            let name = "the series '\(entry.key)'"
            let series = SectionMapping(entry.value, name: name, keys: keys, problems: problems)
            let database = series.required("database", expected: "the name of a database")
            let measurement = series.required("measurement", expected: "the name of a measurement")
            let field = series.required("field", expected: "the name of a field")
            let window = series.duration("window")
            seriesTags.append(series.mapping("tags", name: "the tags of \(name)").entries.map { ($0.key, $0.value) })
            description.series.append(
                ForeignDescription.SeriesInput(
                    name: entry.key, database: database ?? "", measurement: measurement ?? "", field: field ?? "", window: window,
                    most: series.whole("points", in: 1...Self.longestArray, or: 10_000), least: series.whole("minimum", in: 0...Self.longestArray, or: 1)))
        }
    }

    private static let workKeys = ["calls", "publish", "write"]

    func readMessages(_ node: SectionNode) {
        let given = SectionMapping(node, name: "an item of messages", keys: ["topic"] + Self.workKeys, problems: problems)
        var wanted = Array(subscriptions.indices)
        if let topic = given.text("topic", expected: "one of the topics under subscribe") {
            wanted = wanted.filter { subscriptions[$0] == topic }
            if wanted.isEmpty {
                given.report("topic", "nothing subscribes to '\(topic)' (expected a topic as it stands under subscribe: \(SectionMapping.list(subscriptions)); got '\(topic)')")
            }
        } else if subscriptions.isEmpty {
            problems.add(given.line, "there are no messages to work on (expected topics under subscribe; got none; add them)")
        }
        let scope = Scope(outcomes: startOutcomes)
        scope.fields = FieldTree()
        readWork(given, .messages(wanted), scope)
    }

    func readTimer(_ node: SectionNode) {
        let given = SectionMapping(node, name: "an item of timers", keys: ["every"] + Self.workKeys, problems: problems)
        if !given.has("every") { problems.add(given.line, "an item of timers lacks the key 'every' (expected a duration such as 10s; got nothing; add the key)") }
        readWork(given, .timer(period: given.duration("every") ?? 1_000_000_000), Scope(outcomes: startOutcomes))
    }

    private func readWork(_ given: SectionMapping, _ trigger: ForeignDescription.Work.Trigger, _ scope: Scope) {
        scope.allowsSeries = true
        scope.isWork = true
        let steps = given.items("calls", of: "calls").compactMap { step($0, in: scope) }
        if steps.isEmpty { problems.add(given.line, "\(given.name) calls nothing (expected calls; got none; add them)") }
        let publications = given.items("publish", of: "messages to publish").compactMap { publication($0, scope) }
        let points = given.items("write", of: "points to write").compactMap { pointOutput($0, scope) }
        if publications.isEmpty, points.isEmpty {
            problems.add(given.line, "\(given.name) does nothing with what it computes (expected publish or write; got neither; add one)")
        }
        let series = scope.series.map { index in
            // Their mistakes are told for each work that reads them: a tag may name a field that only some messages have.
            let tags = seriesTags[index].compactMap { key, node in source(node, in: scope).map { (key: key, source: $0) } }
            return ForeignDescription.SeriesUse(index: index, tags: tags)
        }
        description.work.append(
            ForeignDescription.Work(
                trigger: trigger, fields: scope.fields ?? FieldTree(), series: series, steps: steps, publications: publications, points: points,
                line: given.line))
    }

    private func publication(_ node: SectionNode, _ scope: Scope) -> ForeignDescription.Publication? {
        let given = SectionMapping(node, name: "an item of publish", keys: ["topic", "payload", "qos", "retain"], problems: problems)
        guard given.required("topic", expected: "a topic") != nil else { return nil }
        guard let payload = given.node("payload") else {
            problems.add(given.line, "an item of publish lacks the key 'payload' (expected the values to publish; got nothing; add the key)")
            return nil
        }
        guard let topic = given.node("topic").flatMap({ source($0, in: scope) }), let content = source(payload, in: scope) else { return nil }
        if case .literal(.text(let text)) = topic, text.isEmpty || text.contains("+") || text.contains("#") {
            given.report("topic", "'topic' of an item of publish is no topic (expected levels between slashes, without + and #; got '\(text)')")
        }
        return ForeignDescription.Publication(
            topic: topic, payload: content, qos: UInt8(given.whole("qos", in: 0...1, or: 0)), isRetained: given.boolean("retain"))
    }

    private func pointOutput(_ node: SectionNode, _ scope: Scope) -> ForeignDescription.PointOutput? {
        let keys = ["database", "measurement", "tags", "fields", "time", "quality"]
        let given = SectionMapping(node, name: "an item of write", keys: keys, problems: problems)
        let database = given.required("database", expected: "the name of a database")
        let measurement = given.required("measurement", expected: "the name of a measurement")
        func sources(_ key: String) -> [(key: String, source: Source)] {
            given.mapping(key, name: "the \(key) of an item of write").entries.compactMap { entry in
                source(entry.value, in: scope).map { (key: entry.key, source: $0) }
            }
        }
        let fields = sources("fields")
        if !given.has("fields") { problems.add(given.line, "an item of write lacks the key 'fields' (expected names and values; got nothing; add the key)") }
        // What a library computes is no measurement, unless the manifest says so.
        var quality = Quality.estimated
        if let word = given.text("quality", expected: "good or a quality's name") {
            if let named = Quality(named: word) { quality = named } else {
                given.report("quality", "'quality' of an item of write is not known (expected good, \(SectionMapping.list(Quality.names)); got '\(word)')")
            }
        }
        guard let database, let measurement else { return nil }
        return ForeignDescription.PointOutput(
            database: database, measurement: measurement, tags: sources("tags"), fields: fields,
            time: given.node("time").flatMap { source($0, in: scope) }, quality: quality)
    }
}

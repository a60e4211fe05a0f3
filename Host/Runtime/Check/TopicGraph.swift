internal import Topics

/// Who feeds whom in a site, as the manifests permit it: devices and services over topics to services, and services over
/// measurements.
public struct TopicGraph: Sendable {
    /// One way of data.
    public struct Edge: Hashable, Sendable {
        /// A service, or `nil` for devices and other clients of the databus.
        public let source: String?
        /// A topic filter, or `database.measurement`.
        public let over: String
        /// A service, or `nil` if none of the site takes it.
        public let target: String?
    }

    /// Over topics: first those that services take, then those that none takes.
    public let topics: [Edge]
    /// Over measurements: first those that are read, then those that no service reads.
    public let measurements: [Edge]
    /// Over command topics, through the arbiter: `nil` for devices.
    public let commands: [Edge]

    public init(services: [ServiceManifest]) {
        var topics: [Edge] = []
        for target in services {
            for subscription in target.subscriptions {
                let sources = services.filter { source in source.publish.contains { $0.overlaps(subscription.filter) } }
                let over = subscription.filter.description
                if sources.isEmpty { topics.append(Edge(source: nil, over: over, target: target.service)) }
                topics += sources.map { Edge(source: $0.service, over: over, target: target.service) }
            }
        }
        for source in services {
            for filter in source.publish where !services.contains(where: { $0.subscriptions.contains { $0.filter.overlaps(filter) } }) {
                topics.append(Edge(source: source.service, over: filter.description, target: nil))
            }
        }
        self.topics = topics

        var measurements: [Edge] = []
        for target in services {
            for pattern in target.timeSeries.read {
                let sources = services.filter { $0.timeSeries.write.contains { $0.overlaps(pattern) } }
                if sources.isEmpty { measurements.append(Edge(source: nil, over: pattern.description, target: target.service)) }
                measurements += sources.map { Edge(source: $0.service, over: pattern.description, target: target.service) }
            }
        }
        for source in services {
            for pattern in source.timeSeries.write where !services.contains(where: { $0.timeSeries.read.contains { $0.overlaps(pattern) } })
            {
                measurements.append(Edge(source: source.service, over: pattern.description, target: nil))
            }
        }
        self.measurements = measurements
        commands = services.flatMap { source in
            (source.commands?.topics ?? []).map { Edge(source: source.service, over: $0.description, target: nil) }
        }
    }

    /// The graph for printing, one edge a line.
    public var text: String {
        func lines(_ title: String, _ edges: [Edge], source: String, target: String) -> String {
            guard !edges.isEmpty else { return "" }
            let rows = edges.map { ($0.source ?? source, $0.over, $0.target ?? target) }
            let first = rows.map(\.0.count).max() ?? 0
            let second = rows.map(\.1.count).max() ?? 0
            return rows.reduce(into: "\(title)\n") { text, row in
                let left = row.0 + String(repeating: " ", count: first - row.0.count)
                let middle = row.1 + String(repeating: " ", count: second - row.1.count)
                text += "  \(left)  -> \(middle)  -> \(row.2)\n"
            }
        }
        return lines("topics", topics, source: "(devices)", target: "(no service)")
            + lines("time series", measurements, source: "(written over HTTP)", target: "(read over HTTP)")
            + lines("commands", commands, source: "", target: "(devices)")
    }
}

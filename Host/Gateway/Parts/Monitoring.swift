/// Gives the host's metrics.
public protocol MetricsSource: Sendable {
    /// All metrics in Prometheus' text format 0.0.4.
    func prometheusText() async -> String
}

/// Says whether the host is ready to take measurements.
public protocol ReadinessSource: Sendable {
    /// Nil when it is ready, else a sentence on what it waits for. The sentence is shown to anybody: no names, no paths.
    func reasonNotReady() async -> String?
    /// Nil when all is well, else a sentence on what a ready host lacks. It too is shown to anybody.
    func reasonDegraded() async -> String?
}

extension ReadinessSource {
    /// All is well.
    public func reasonDegraded() async -> String? { nil }
}

/// A change, as the audit trail wants it.
public struct AuditEvent: Sendable {
    /// The user; empty when unknown.
    public let who: String
    /// The user's role, if known.
    public let role: String?
    /// What was done: `session.login`, `service.disable`, …
    public let what: String
    /// What it was done to.
    public let subject: String
    /// `done`, or a sentence that says why not.
    public let outcome: String
    /// The address that the request came from.
    public let address: String
}

/// Keeps the audit trail. Must not throw: a trail that cannot be written is the sink's to report.
public protocol AuditSink: Sendable {
    /// Keeps an event; returns when it is durable.
    func record(_ event: AuditEvent) async
}

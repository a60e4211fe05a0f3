/// Messages as they arrive on the databus; `LiveHub` is the one that the host uses.
public protocol LiveFeed: Sendable {
    /// Events for one reader, each a JSON object `{"topic":…,"time":…,"payload":…}` without line feeds.
    ///
    /// `filters` are MQTT topic filters; none means all topics. Of each topic at most one event is given in
    /// `minimumIntervalMilliseconds`. Throws `GatewayError`: `.badRequest` for a malformed filter, `.unavailable` when there are too
    /// many readers. The stream must drop, not buffer, what a slow reader does not take.
    func events(filters: [String], minimumIntervalMilliseconds: Int) throws(GatewayError) -> AsyncStream<[UInt8]>
}

import NIOCore

/// How a link paces its attempts, and what their pattern says.
struct LinkAttempts {
    /// A connection that held for so long ends a series of failures.
    private static let stable = TimeAmount.seconds(10)
    /// So many short connections in a row have a common cause.
    private static let suspicious = 3

    private let options: LinkOptions
    private var pauses = 0
    private var shortConnections = 0
    private var acceptedAt: NIODeadline?
    private var hasProgressed = false

    init(_ options: LinkOptions) { self.options = options }

    /// CONNACK said yes.
    mutating func succeeded() {
        acceptedAt = .now()
        hasProgressed = false
    }

    /// The broker has acknowledged a publication.
    mutating func progressed() { hasProgressed = true }

    /// An attempt failed, or a connection is over.
    /// - Parameter stuckOn: topic of the oldest publication that is not acknowledged.
    /// - Returns: what the pattern suggests, to be put behind the sentence; mostly nothing.
    mutating func failed(wasAccepted: Bool, stuckOn topic: String?) -> String {
        guard wasAccepted, let acceptedAt else { return "" }
        if NIODeadline.now() - acceptedAt >= Self.stable {
            pauses = 0
            shortConnections = 0
            return ""
        }
        shortConnections += 1
        guard shortConnections >= Self.suspicious else { return "" }
        if let topic, !hasProgressed { return "; that happens whenever '\(topic)' is published: has \(options.user ?? "this client") the right to write it?" }
        return "; that happens soon after each connection: does another host use the client identifier '\(options.clientIdentifier)'?"
    }

    /// The pause before the next round of addresses: exponential, shortened at random by up to a half, so that the hosts of a site do not come
    /// back all at once.
    mutating func nextPauseSeconds() -> Double {
        let full = min(options.longestPauseSeconds, options.firstPauseSeconds * Double(1 << min(pauses, 20)))
        pauses += 1
        return full * Double.random(in: 0.5...1)
    }
}

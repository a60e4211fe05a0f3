import PluginAPI

/// Why a message is not what the service reads, where its JSON as such is well-formed.
struct MalformedMessage: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}

/// Counts messages that can't be read, and logs at most one line a minute about them: a device that sends nonsense fifty times
/// a second must not fill the log. The metric counts every one.
struct MalformedMessages {
    private let host: Host
    private let counter: Counter
    /// Those that no line has told of yet.
    private var unlogged = 0
    private var lastLine: Timestamp?

    private static let pause = Duration.seconds(60)

    init(host: Host) throws(ServiceError) {
        self.host = host
        counter = try host.metrics.counter("malformed_messages_total", help: "Messages that could not be read.")
    }

    /// Notes one message, and logs it unless a line was written within the last minute.
    mutating func note(_ message: Message, _ reason: any Error) {
        counter.add()
        unlogged += 1
        let now = host.clock.monotonic
        if let lastLine, now - lastLine < MalformedMessages.pause { return }
        host.log.warning(
            "a message cannot be read, \(reason)", ["topic": message.topicText, "malformed_since_last_line": String(unlogged)])
        (unlogged, lastLine) = (0, now)
    }
}

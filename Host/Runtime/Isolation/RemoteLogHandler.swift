internal import Logging

/// Sends the log lines of a runner's service to the host, which writes them under the service's name.
struct RemoteLogHandler: LogHandler {
    let host: RemoteHost
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { host.log(event.level, event.message.description, event.metadata ?? [:]) }
}

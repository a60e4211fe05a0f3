/// How the gateway listens and what it accepts.
public struct GatewayConfiguration: Sendable {
    /// Address or name to listen on.
    public var host: String
    /// Port to listen on; 0 lets the system choose one.
    public var port: Int
    /// Time after which a connection is closed that sends nothing, or not all of its request's header; seconds.
    public var idleTimeoutSeconds = 30
    /// Connections that may be open at once; more wait to be accepted.
    public var maximumConnections = 4096
    /// Whether anybody on this machine may read /metrics without logging in.
    public var opensMetricsOnLoopback = true
    /// Whether the session cookie is for TLS only: set it when a proxy in front speaks TLS.
    public var usesSecureCookies = false
    /// Seconds between heart-beats of the live stream.
    public var heartbeatSeconds = 10
    /// The console's files; nil: where the build puts them, beside the executable.
    public var consoleFolder: String?
    /// Chart.js, as Debian's libjs-chart.js installs it.
    public var chartLibrary = "/usr/share/javascript/chart.js/chart.min.js"

    /// A configuration for an address and port.
    public init(host: String = "127.0.0.1", port: Int = 8080) {
        self.host = host
        self.port = port
    }
}

/// Where the gateway listens, once it does.
public struct GatewayAddress: Hashable, Sendable {
    /// The address, numeric.
    public let host: String
    /// The port, chosen by the system when 0 was asked for.
    public let port: Int

    /// The address of the console's first page.
    public var consoleURL: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/console/" }
}

/// A service of the platform, written in Swift.
///
/// The host makes one object per entry of the site's manifests and calls it on one thread, its own, never twice at a time; see
/// `dsotp/plugin.h` for the life of a service. What a function throws reaches the host as an error with status and sentence: throw
/// ``ServiceError`` to choose them, anything else becomes an internal error with its description.
public protocol Service: AnyObject {
    /// The extensions of the host without which this service cannot work. By default all that ABI 1.0 knows. What is listed here
    /// and not offered makes the service fail, with a sentence, before its object is made; wrappers of extensions not listed
    /// here throw an error with status ``Status/unsupported`` when the host does not offer them.
    static var requiredExtensions: Set<HostExtension> { get }

    /// Makes the object, at the first `configure` of the instance, which may be one that only validates: keep `host`, and leave
    /// everything that changes something (columns, routes, timers, metrics) to ``start()``.
    /// - Parameter name: the service's name in the manifest.
    init(host: Host, name: String) throws

    /// Checks a configuration, and neither changes nor keeps anything.
    func validate(_ configuration: Configuration) throws

    /// Takes a configuration, before `start`. Must refuse what ``validate(_:)`` refuses.
    func configure(_ configuration: Configuration) throws

    /// Begins to work. Routes, timers and metrics are set up here.
    func start() throws

    /// Takes messages in the order of their arrival. When it returns, they are done; what it throws says that the whole batch
    /// could not be processed.
    func process(_ batch: MessageBatch) throws

    /// Takes an HTTP request to one of the service's routes; answer by ``HTTPRoutes/respond(to:with:)``, now or later. What it
    /// throws is answered to the client.
    func respond(to request: Request) throws

    /// What became of the service's commands (``Host/commands``), in its order; `lost` outcomes before them were not taken in time.
    func commands(changed outcomes: [CommandOutcome], lost: UInt64) throws

    /// A timer is due.
    func timer(_ timer: UInt64, at now: Timestamp) throws

    /// No more messages will come: finish what is begun until `deadline`.
    func drain(until deadline: Timestamp) throws

    /// Ends all work. When it returns, no thread of the service uses the host any more.
    func stop() throws

    /// How the service judges its own state, asked every few seconds.
    func health() -> Health
}

extension Service {
    public static var requiredExtensions: Set<HostExtension> { HostExtension.first }
    public func start() throws {}
    public func process(_ batch: MessageBatch) throws {}
    public func respond(to request: Request) throws {
        throw ServiceError.unsupported("the service has a route \(request.route) but does not answer requests")
    }
    public func commands(changed outcomes: [CommandOutcome], lost: UInt64) throws {}
    public func timer(_ timer: UInt64, at now: Timestamp) throws {}
    public func drain(until deadline: Timestamp) throws {}
    public func stop() throws {}
    public func health() -> Health { .well }
}

/// A service's own judgement of its state.
public enum Health: Hashable, Sendable {
    /// All is well.
    case well
    /// It works, but not as it should; the sentence says why.
    case degraded(String)
}

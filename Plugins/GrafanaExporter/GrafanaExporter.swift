import PluginAPI

/// Makes Grafana's data source and dashboards from the series that the store has, writes them where Grafana provisions itself from, and serves
/// them for import.
final class GrafanaExporter: Service {
    private let host: Host
    private let name: String
    private var settings = GrafanaSettings()
    private var plans: [(name: String, plan: DashboardPlan)] = []
    private var provisioning: ProvisioningFiles?
    private var failure: String?
    private var looked: Timestamp?
    private var changes: Counter?

    private static let filesRoute: UInt32 = 1
    private static let dashboardsRoute: UInt32 = 2
    private static let dashboardRoute: UInt32 = 3
    private static let fileRoute: UInt32 = 4
    private static let lookTimer: UInt64 = 1
    /// A look goes through all series of the store: those who ask one after the other share one.
    private static let freshness = Duration.seconds(5)

    init(host: Host, name: String) {
        self.host = host
        self.name = name
    }

    func validate(_ configuration: Configuration) throws { _ = try GrafanaSettings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try GrafanaSettings(configuration) }

    func start() throws {
        changes = try host.metrics.counter("files_changed_total", help: "Files that were written because something changed.")
        try host.http.add(Self.filesRoute, "GET", "/files", operation: GrafanaRoutes.files)
        try host.http.add(Self.fileRoute, "GET", "/provisioning/{kind}/{file}", operation: GrafanaRoutes.file)
        try host.http.add(Self.dashboardsRoute, "GET", "/dashboards", operation: GrafanaRoutes.dashboards)
        try host.http.add(Self.dashboardRoute, "GET", "/dashboards/{dashboard}", operation: GrafanaRoutes.dashboard)
        try look()
        try host.timers.set(Self.lookTimer, first: host.clock.now + settings.refresh, every: settings.refresh)
    }

    func timer(_ timer: UInt64, at now: Timestamp) throws { try look() }

    func respond(to request: Request) throws {
        if looked.map({ host.clock.now - $0 > min(Self.freshness, settings.refresh) }) ?? true { try look() }
        let files = provisioning?.files ?? []
        let response: Response
        switch request.route {
        case Self.filesRoute: response = .json(GrafanaRoutes.list(files.map(\.path)))
        case Self.dashboardsRoute: response = .json(GrafanaRoutes.list(plans))
        case Self.fileRoute:
            let path = "provisioning/\(request.pathParameter("kind") ?? "")/\(request.pathParameter("file") ?? "")"
            response = Response(contentType: "application/yaml", body: try bytes(path, files))
        default:
            let path = "dashboards/\(request.pathParameter("dashboard") ?? "").json"
            response = Response(contentType: "application/json", body: try bytes(path, files))
        }
        try host.http.respond(to: request.number, with: response)
    }

    func health() -> Health { failure.map { .degraded($0) } ?? .well }

    private func bytes(_ path: String, _ files: [(path: String, bytes: [UInt8])]) throws(ServiceError) -> [UInt8] {
        guard let file = files.first(where: { $0.path == path }) else {
            throw .notFound("there is no '\(path)': GET /files lists what there is")
        }
        return file.bytes
    }

    /// Plans the dashboards anew, and writes what changed.
    private func look() throws(ServiceError) {
        looked = host.clock.now
        let planner = DashboardPlanner(settings: settings, timeseries: host.timeseries)
        var planned: [(name: String, plan: DashboardPlan)] = []
        for dashboard in settings.dashboards { planned.append((dashboard.name, try planner.plan(dashboard))) }
        let isNew = provisioning == nil || !zip(planned, plans).allSatisfy { $0.plan == $1.plan } || failure != nil
        plans = planned
        guard isNew else { return }
        let files = ProvisioningFiles(settings, plans)
        provisioning = files
        guard let folder = settings.folder else { return }
        do throws(ServiceError) {
            let count = try files.write(to: folder)
            if count > 0 { changes?.add(Double(count)) }
            failure = nil
        } catch {
            // They are served all the same.
            failure = error.sentence
        }
    }
}

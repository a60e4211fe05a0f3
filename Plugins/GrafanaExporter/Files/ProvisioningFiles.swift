import Glibc
import PluginAPI

/// The files from which Grafana provisions itself: `provisioning/datasources/<uid>.yaml`, `provisioning/dashboards/<uid>.yaml`,
/// `dashboards/<name>.json`.
struct ProvisioningFiles {
    private let settings: GrafanaSettings
    /// By their path.
    private(set) var files: [(path: String, bytes: [UInt8])] = []

    init(_ settings: GrafanaSettings, _ plans: [(name: String, plan: DashboardPlan)]) {
        self.settings = settings
        files = [
            ("provisioning/datasources/\(settings.uid).yaml", Array(dataSource.utf8)),
            ("provisioning/dashboards/\(settings.uid).yaml", Array(provider.utf8)),
        ]
        for (name, plan) in plans {
            files.append(("dashboards/\(name).json", DashboardJSON.text(plan, dataSource: settings.uid, database: settings.database)))
        }
    }

    /// The password comes from Grafana's environment: it stands in no file.
    private var dataSource: String {
        """
        # Made by dsotp's Grafana exporter; changes are overwritten. DSOTP_GRAFANA_PASSWORD is the password of '\(settings.user)'.
        apiVersion: 1
        datasources:
          - name: \(Self.scalar(settings.title))
            uid: \(Self.scalar(settings.uid))
            type: influxdb
            access: proxy
            url: \(Self.scalar(settings.url))
            basicAuth: true
            basicAuthUser: \(Self.scalar(settings.user))
            secureJsonData:
              basicAuthPassword: ${DSOTP_GRAFANA_PASSWORD}
            jsonData:
              dbName: \(Self.scalar(settings.database))
              httpMode: POST
              timeInterval: 1s
            editable: false

        """
    }

    private var provider: String {
        """
        # Made by dsotp's Grafana exporter; changes are overwritten. The path is that of this export's folder, as Grafana sees it.
        apiVersion: 1
        providers:
          - name: \(Self.scalar(settings.title))
            folder: \(Self.scalar(settings.title))
            type: file
            allowUiUpdates: false
            updateIntervalSeconds: 30
            options:
              path: \(Self.scalar((settings.folder ?? "/etc/grafana/dsotp") + "/dashboards"))

        """
    }

    /// A text as YAML, whatever it holds: JSON's strings are YAML's.
    private static func scalar(_ text: String) -> String {
        var json = JSONWriter()
        json.value(text)
        return json.string
    }

    /// Writes what differs from what is there, each file at once.
    /// - Returns: how many files changed.
    func write(to folder: String) throws(ServiceError) -> Int {
        var changed = 0
        for directory in ["", "/provisioning", "/provisioning/datasources", "/provisioning/dashboards", "/dashboards"] {
            try Self.make(folder + directory)
        }
        for file in files {
            let path = "\(folder)/\(file.path)"
            guard Self.read(path) != file.bytes else { continue }
            try Self.replace(path, file.bytes)
            changed += 1
        }
        return changed
    }

    private static func make(_ folder: String) throws(ServiceError) {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += part + "/"
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("the folder '\(path)' cannot be made") }
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
        return bytes
    }

    private static func replace(_ path: String, _ bytes: [UInt8]) throws(ServiceError) {
        let new = path + ".new"
        guard let file = fopen(new, "we") else { throw failure("'\(new)' cannot be written") }
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count, rename(new, path) == 0 else {
            let failure = failure("'\(path)' cannot be written")
            unlink(new)
            throw failure
        }
    }

    private static func failure(_ what: String) -> ServiceError { .inputOutput("\(what): \(String(cString: strerror(errno)))", isRetryable: true) }
}

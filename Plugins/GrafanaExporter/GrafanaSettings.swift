import PluginAPI

/// What the manifest's `config` says.
struct GrafanaSettings {
    /// The gateway, as Grafana reaches it.
    var url = "http://127.0.0.1:8080"
    var database = "dsotp"
    /// Names the data source for Grafana, and the dashboards: `<uid>-pmu` …
    var uid = "dsotp"
    /// How Grafana shows the data source, and the folder of the dashboards.
    var title = "dsotp"
    /// Who Grafana logs in as; the password is given to Grafana, not here.
    var user = "viewer"
    /// Where the files are written; nil: they are served alone.
    var folder: String?
    /// How often the store is looked at for new series.
    var refresh = Duration.seconds(300)
    /// More rows than these become one that Grafana repeats for what a person selects.
    var mostRows = 40
    var dashboards: [DashboardSettings] = []
}

/// One dashboard.
struct DashboardSettings {
    enum Kind: String, CaseIterable {
        /// A row for each device: voltage magnitudes and angles per phase, frequency, currents, powers, as far as it measures them.
        case pmu
        /// A row for each busbar (estimated against measured) and branch.
        case estimate
        /// A fan for each series against what happened.
        case forecast
        /// The platform's own health: a row for the host, one for each service (`health` in site.yaml stores it).
        case health
        /// A row for each value of a tag, with a panel for each group of fields.
        case fields
    }

    let kind: Kind
    /// Ends the dashboard's uid and the name of its file.
    let name: String
    let title: String
    let measurement: String
    /// Of ``Kind/estimate``: the measurement of the devices, whose component or device is called as the busbar is. Of ``Kind/forecast``: what
    /// came true.
    let measured: String?
    /// Of ``Kind/fields``.
    let rowTag: String
    let panels: [FieldPanel]
}

/// A panel of ``DashboardSettings/Kind/fields``.
struct FieldPanel {
    let title: String
    let fields: [String]
    /// A unit of Grafana's.
    let unit: String
}

public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.grafana-exporter", version: "1.0.0", summary: "Makes Grafana's data source and dashboards from the series in the store.",
    create: { GrafanaExporter.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.database-adapter", version: "1.0.0", summary: "Stores the readings of PMUs and meters as time series.",
    create: { DatabaseAdapter.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.voltage-band", version: "1.0.0", summary: "Watches voltages against the band of EN 50160.",
    create: { VoltageBand.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

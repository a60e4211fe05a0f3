public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.fault-restoration", version: "1.0.0",
    summary: "Finds faults, isolates them and restores the rest (FLISR).", create: { FaultRestoration.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.flexibility", version: "1.0.0", summary: "Deals in flexibility: checks, offers, activates, verifies and settles requests.",
    create: { Flexibility.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

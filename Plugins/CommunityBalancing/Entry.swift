public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.community-balancing", version: "1.0.0", summary: "Balances local energy communities: plans, tracks, watches, reports.",
    create: { CommunityBalancing.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

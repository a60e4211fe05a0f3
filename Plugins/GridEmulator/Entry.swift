public import CPluginAPI
import PluginAPI

private let module = Module(
    identifier: "org.dsotp.grid-emulator", version: "1.0.0", summary: "Plays the devices of a grid: PMUs, SCADA, meters and switches.",
    create: { GridEmulator.create($0, $1, $2, $3) })

@c @implementation
public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
    module.entry(host)
}

public import CPluginAPI

/// What a library contains: one kind of service with its name and version. Made once, as a global constant, and never freed.
///
/// ```swift
/// private let module = Module(
///     identifier: "org.example.voltage-band", version: "1.4.0", summary: "Watches voltages against the band of EN 50160.",
///     create: { VoltageBand.create($0, $1, $2, $3) })
///
/// @c @implementation
/// public func dsotp_plugin_entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
///     module.entry(host)
/// }
/// ```
/// Sendable: the tables are filled once, in `init`, and only read afterwards.
public final class Module: @unchecked Sendable {
    /// The type of ``Service/create(_:_:_:_:)`` as the C table holds it.
    public typealias Create =
        @convention(c) (
            UnsafePointer<dsotp_host>?, dsotp_host_bytes, UnsafeMutablePointer<dsotp_instance?>?, UnsafeMutablePointer<dsotp_error>?
        ) -> dsotp_status

    /// One for each minor version that this library can speak, from ``oldestMinor`` on.
    private let modules: [UnsafePointer<dsotp_module>]
    private let oldestMinor: UInt32

    /// - Parameters:
    ///   - identifier: unique for ever, reverse DNS.
    ///   - version: semantic version, `1.4.0`.
    ///   - summary: one line for a person.
    ///   - oldestMinor: the oldest minor version of the ABI whose host the service can do with. 0 runs on every host of this major; what
    ///     a host lacks is then `nil` or refused with ``Status/unsupported``.
    ///   - create: `{ MyService.create($0, $1, $2, $3) }`; a C function cannot be generic, so the service's type is named here.
    public init(identifier: String, version: String, summary: String, oldestMinor: UInt32 = 0, create: @escaping Create) {
        var texts = TextArena()  // Never released: a module lives as long as the process.
        let service = UnsafeMutablePointer<dsotp_service>.allocate(capacity: 1)
        service.initialize(to: serviceTable(create: create))
        self.oldestMinor = min(oldestMinor, DSOTP_ABI_MINOR)
        let common = dsotp_module(
            size: UInt32(MemoryLayout<dsotp_module>.size), abi_major: DSOTP_ABI_MAJOR, abi_minor: DSOTP_ABI_MINOR,
            reserved: 0, identifier: texts.copy(identifier), version: texts.copy(version), summary: texts.copy(summary),
            service: UnsafePointer(service))
        modules = (self.oldestMinor...DSOTP_ABI_MINOR).map { minor in
            let module = UnsafeMutablePointer<dsotp_module>.allocate(capacity: 1)
            module.initialize(to: common)
            module.pointee.abi_minor = minor
            return UnsafePointer(module)
        }
    }

    /// The whole of `dsotp_plugin_entry`: the module, or nil after telling the host why this library cannot work with it.
    public func entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
        guard let host else { return nil }
        do throws(ServiceError) {
            let minor = try Agreement(with: host, oldestMinor: oldestMinor).minor
            return modules[Int(minor - oldestMinor)]
        } catch {
            if covers(host.pointee.size, \dsotp_host_abi.refusal) { _ = error.fill(host.pointee.refusal) }
            return nil
        }
    }
}

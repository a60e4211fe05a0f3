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

    private let module: UnsafeMutablePointer<dsotp_module>

    /// - Parameters:
    ///   - identifier: unique for ever, reverse DNS.
    ///   - version: semantic version, `1.4.0`.
    ///   - summary: one line for a person.
    ///   - create: `{ MyService.create($0, $1, $2, $3) }`; a C function cannot be generic, so the service's type is named here.
    public init(identifier: String, version: String, summary: String, create: @escaping Create) {
        var texts = TextArena()  // Never released: a module lives as long as the process.
        let service = UnsafeMutablePointer<dsotp_service>.allocate(capacity: 1)
        service.initialize(to: serviceTable(create: create))
        module = .allocate(capacity: 1)
        module.initialize(
            to: dsotp_module(
                size: UInt32(MemoryLayout<dsotp_module>.size), abi_major: DSOTP_ABI_MAJOR, abi_minor: DSOTP_ABI_MINOR,
                reserved: 0, identifier: texts.copy(identifier), version: texts.copy(version), summary: texts.copy(summary),
                service: UnsafePointer(service)))
    }

    /// The whole of `dsotp_plugin_entry`: the module, or nil after telling the host why this library cannot work with it.
    public func entry(_ host: UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>? {
        guard let host else { return nil }
        do throws(ServiceError) {
            try negotiate(with: host)
            return UnsafePointer(module)
        } catch {
            if covers(host.pointee.size, \dsotp_host_abi.refusal) { _ = error.fill(host.pointee.refusal) }
            return nil
        }
    }

    /// The majors must be equal, and this library's minor among those that the host serves.
    private func negotiate(with host: UnsafePointer<dsotp_host_abi>) throws(ServiceError) {
        guard covers(host.pointee.size, \dsotp_host_abi.newest_minor) else {
            throw .versionMismatch(
                "the host describes itself in \(host.pointee.size) bytes, ABI \(DSOTP_ABI_MAJOR).\(DSOTP_ABI_MINOR) needs "
                    + "\(MemoryLayout<dsotp_host_abi>.size): the host is defective")
        }
        let (major, oldest, newest) = (host.pointee.major, host.pointee.oldest_minor, host.pointee.newest_minor)
        guard major == DSOTP_ABI_MAJOR, oldest <= DSOTP_ABI_MINOR, DSOTP_ABI_MINOR <= newest else {
            let name =
                covers(host.pointee.size, \dsotp_host_abi.name) ? String(decoding: host.pointee.name.buffer, as: UTF8.self) : ""
            let wanted = "\(DSOTP_ABI_MAJOR).\(DSOTP_ABI_MINOR)"
            let advice =
                major > DSOTP_ABI_MAJOR || (major == DSOTP_ABI_MAJOR && oldest > DSOTP_ABI_MINOR)
                ? "build the library with the host's headers" : "use a newer host, or build the library with older headers"
            throw .versionMismatch(
                "the library is made for the dsotp ABI \(wanted), the host \(name) serves \(major).\(oldest) to \(major).\(newest): "
                    + advice)
        }
    }
}

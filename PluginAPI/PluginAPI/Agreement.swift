import CPluginAPI

/// What a library and a host have in common; the same rule as `dsotp_agree` of `dsotp/plugin.h`, with a sentence where there is nothing.
struct Agreement {
    /// The newest minor version that both know.
    let minor: UInt32

    /// - Parameters:
    ///   - own: the minor version of the library's headers.
    ///   - oldestMinor: the oldest that the library can do with.
    init(with host: UnsafePointer<dsotp_host_abi>, own: UInt32 = DSOTP_ABI_MINOR, oldestMinor: UInt32) throws(ServiceError) {
        guard covers(host.pointee.size, \dsotp_host_abi.newest_minor) else {
            throw .versionMismatch(
                "the host describes itself in \(host.pointee.size) bytes, ABI \(DSOTP_ABI_MAJOR).\(own) needs "
                    + "\(MemoryLayout<dsotp_host_abi>.size): the host is defective")
        }
        let (major, oldest, newest) = (host.pointee.major, host.pointee.oldest_minor, host.pointee.newest_minor)
        guard major == DSOTP_ABI_MAJOR, oldest <= own, oldestMinor <= newest else {
            let name =
                covers(host.pointee.size, \dsotp_host_abi.name) ? String(decoding: host.pointee.name.buffer, as: UTF8.self) : ""
            let wanted = oldestMinor == own ? "\(DSOTP_ABI_MAJOR).\(own)" : "\(DSOTP_ABI_MAJOR).\(oldestMinor) to \(DSOTP_ABI_MAJOR).\(own)"
            let isOlder = major > DSOTP_ABI_MAJOR || (major == DSOTP_ABI_MAJOR && oldest > own)
            throw .versionMismatch(
                "the library is made for the dsotp ABI \(wanted), the host \(name) serves \(major).\(oldest) to \(major).\(newest): "
                    + (isOlder ? "build the library with the host's headers" : "use a newer host, or build the library with older headers"))
        }
        minor = min(own, newest)
    }
}

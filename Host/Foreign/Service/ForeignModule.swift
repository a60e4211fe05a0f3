public import CPluginAPI
internal import PluginAPI
internal import Synchronization

/// A module as libraries of services contain one, made of a library that knows nothing of the platform and what a manifest says of it.
public enum ForeignModule {
    /// What one service is made of.
    struct Part: Sendable {
        let description: ForeignDescription
        let library: NativeLibrary
        /// Told that the library wrote where it must not; throws or does not return.
        let corrupted: @Sendable (String) throws -> Void
    }

    /// The C table names a service by its name alone.
    private static let parts = Mutex<[String: Part]>([:])

    static func part(of service: String) -> Part? { parts.withLock { $0[service] } }

    /// Makes the module of the service with this name. It lives as long as the process.
    ///
    /// - Parameters:
    ///   - file: the name of the library's file, which stands for the identity that such a library does not have.
    ///   - corrupted: called when the library was seen to write beyond memory that it was lent. In a process of its own the service had
    ///     better end then, since nothing in it can be believed.
    public static func make(
        service: String, file: String, description: ForeignDescription, library: NativeLibrary,
        corrupted: @escaping @Sendable (String) throws -> Void
    ) -> UnsafePointer<dsotp_module> {
        parts.withLock { $0[service] = Part(description: description, library: library, corrupted: corrupted) }
        let module = Module(
            identifier: file, version: "unknown", summary: "A foreign library: \(description.functions.map(\.name).joined(separator: ", "))",
            create: { ForeignService.create($0, $1, $2, $3) })
        var host = dsotp_host_abi()
        host.size = UInt32(MemoryLayout<dsotp_host_abi>.size)
        host.major = DSOTP_ABI_MAJOR
        host.oldest_minor = 0
        host.newest_minor = DSOTP_ABI_MINOR
        // The host is of the same build as this module, so that they can't but agree.
        return module.entry(&host).unsafelyUnwrapped
    }
}

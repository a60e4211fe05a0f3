public import CPluginAPI

/// What a host may offer to services.
public enum HostExtension: String, CaseIterable, Hashable, Sendable {
    case log = "dsotp.log/1"
    case clock = "dsotp.clock/1"
    case timer = "dsotp.timer/1"
    case databus = "dsotp.databus/1"
    case timeseries = "dsotp.timeseries/1"
    case http = "dsotp.http/1"
    case config = "dsotp.config/1"
    case kv = "dsotp.kv/1"
    case metrics = "dsotp.metrics/1"
    case command = "dsotp.command/1"

    /// Those that came with ABI 1.0. A service asks for later ones by name: in `requiredExtensions`, or when it uses them.
    public static let first: Set<HostExtension> = [.log, .clock, .timer, .databus, .timeseries, .http, .config, .kv, .metrics]

    /// The name that the host knows it by.
    public var identifier: String { rawValue }
}

/// One table of the host, with the host pointer that each of its functions wants.
/// Sendable: both pointers are the host's, constant for the life of the instance, and its functions are [any-thread] or refuse.
@usableFromInline
struct HostTable<Table>: @unchecked Sendable {
    @usableFromInline let host: UnsafePointer<dsotp_host>
    @usableFromInline let functions: UnsafePointer<Table>?
    let identifier: String

    /// Asks the host for the table. Nil functions if the host does not offer it.
    /// - Parameter lastMember: the last member of the table in ABI 1.0; a table that does not reach so far is refused.
    init<Member>(_ host: UnsafePointer<dsotp_host>, _ wanted: HostExtension, through lastMember: KeyPath<Table, Member>)
        throws(ServiceError)
    {
        self.host = host
        identifier = wanted.identifier
        guard let found = wanted.identifier.withPluginBytes({ host.pointee.get_extension(host, $0) }) else {
            functions = nil
            return
        }
        // Every table begins with its `uint32_t size`.
        let size = found.load(as: UInt32.self)
        guard covers(size, lastMember) else {
            throw .versionMismatch(
                "the host's table \(wanted.identifier) has \(size) bytes, ABI 1.0 needs at least \(MemoryLayout<Table>.size): "
                    + "the host is defective, tell its maker")
        }
        functions = found.assumingMemoryBound(to: Table.self)
    }

    /// The functions, or an error that names the extension.
    @usableFromInline func required() throws(ServiceError) -> Table {
        guard let functions else { throw missing }
        return functions.pointee
    }

    private var missing: ServiceError {
        .unsupported("the host does not offer the extension \(identifier)")
    }
}

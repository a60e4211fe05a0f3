public import CPluginAPI

/// What a `dsotp_instance` of a Swift service points to. Touched on the service's own thread only.
final class ServiceInstance {
    private let type: any Service.Type
    private let host: UnsafePointer<dsotp_host>
    private let name: String
    private var made: (any Service)?
    /// The table of `dsotp.state/1`, made when the host asks for it; it lives as long as the instance.
    private var state: UnsafeMutablePointer<dsotp_state>?

    init(_ type: any Service.Type, host: UnsafePointer<dsotp_host>, name: String) {
        self.type = type
        self.host = host
        self.name = name
    }

    deinit { state?.deallocate() }

    /// The table of `dsotp.state/1`, or nil if the service keeps no state.
    func stateTable() -> UnsafePointer<dsotp_state>? {
        guard let type = type as? any StatefulService.Type else { return nil }
        let table = state ?? .allocate(capacity: 1)
        if state == nil { table.initialize(to: type.stateTable) }
        state = table
        return UnsafePointer(table)
    }

    /// The service's object, made if this is the first `configure`: in `create` the host may not be called yet.
    func makeService() throws -> any Service {
        if let made { return made }
        let service = try type.init(host: try Host(host, requiring: type.requiredExtensions), name: name)
        made = service
        return service
    }

    /// The service's object, or an error if it was never configured.
    func service() throws(ServiceError) -> any Service {
        guard let made else { throw .invalidState("the service '\(name)' is called before it was configured") }
        return made
    }

    /// What `instance` points to. The host keeps the pointer that `create` gave it, until `destroy`.
    static func at(_ instance: dsotp_instance?) throws(ServiceError) -> ServiceInstance {
        guard let instance else { throw .invalidArgument("the host passes no instance") }
        return Unmanaged<ServiceInstance>.fromOpaque(instance).takeUnretainedValue()
    }
}

extension Service {
    /// `create` of the C table, for ``Module``.
    public static func create(
        _ host: UnsafePointer<dsotp_host>?, _ name: dsotp_host_bytes, _ instance: UnsafeMutablePointer<dsotp_instance?>?,
        _ error: UnsafeMutablePointer<dsotp_error>?
    ) -> dsotp_status {
        outcome(error) {
            guard let host, let instance else {
                throw ServiceError.invalidArgument("the host calls create without a host or without a place for the instance")
            }
            let needed = FirstSizes.host
            guard Int(host.pointee.size) >= needed, host.pointee.get_extension != nil else {
                throw ServiceError.versionMismatch(
                    "the host's table has \(host.pointee.size) bytes, ABI 1.0 needs \(needed): the host is defective")
            }
            let made = ServiceInstance(Self.self, host: host, name: String(decoding: name.buffer, as: UTF8.self))
            instance.pointee = Unmanaged.passRetained(made).toOpaque()
        }
    }
}

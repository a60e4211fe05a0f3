internal import CPluginAPI

/// An instance in this process: calls the functions of a loaded library.
final class InProcessInstance: ServiceInstance {
    private let module: LoadedModule
    private let context: ServiceContext
    private var instance: dsotp_instance?
    private var health: UnsafePointer<dsotp_health>?
    private var commandOutcomes: UnsafePointer<dsotp_command_outcomes>?
    private var state: UnsafePointer<dsotp_state>?

    init(module: LoadedModule, context: ServiceContext) {
        self.module = module
        self.context = context
    }

    var takesMessages: Bool { module.service.on_messages != nil }

    func create() throws(ServiceFault) {
        var name = context.manifest.service
        try call { error in
            name.withUTF8 { name in
                let lent = dsotp_host_bytes(data: name.baseAddress, count: UInt64(name.count))
                return module.service.create?(context.host, lent, &instance, error)
            }
        }
        health = find(DSOTP_EXT_HEALTH, atLeast: MinimumSize.health)
        state = find(DSOTP_EXT_STATE, atLeast: MinimumSize.state)
        commandOutcomes = find(DSOTP_EXT_COMMAND_OUTCOMES, atLeast: MinimumSize.commandOutcomes)
    }

    func configure(validateOnly: Bool) throws(ServiceFault) {
        context.config.replace(context.manifest.config)
        var json = context.manifest.config.json
        try call { error in
            json.withUTF8 { json in
                var configuration = dsotp_configuration(
                    size: UInt32(MemoryLayout<dsotp_configuration>.size), validate_only: validateOnly ? 1 : 0,
                    json: dsotp_host_bytes(data: json.baseAddress, count: UInt64(json.count)))
                return module.service.configure?(instance, &configuration, error)
            }
        }
    }

    func start() throws(ServiceFault) { try call { module.service.start?(instance, $0) } }

    func process(_ batch: UnsafePointer<dsotp_message_batch>) throws(ServiceFault) {
        try call { module.service.on_messages?(instance, batch, $0) }
    }

    func answer(_ request: UnsafePointer<dsotp_request>) throws(ServiceFault) {
        guard module.service.on_request != nil else {
            throw ServiceFault(status: dsotp_status(DSOTP_UNSUPPORTED), sentence: "the service has routes and no on_request")
        }
        try call { module.service.on_request?(instance, request, $0) }
    }

    func timer(_ timer: UInt64, now: Int64) throws(ServiceFault) {
        try call { module.service.on_timer?(instance, timer, now, $0) }
    }

    func outcomes(_ batch: UnsafePointer<dsotp_command_outcome_batch>) throws(ServiceFault) {
        guard let take = commandOutcomes?.pointee.on_outcomes else { return }
        try call { take(instance, batch, $0) }
    }

    func drain(deadline: Int64) throws(ServiceFault) { try call { module.service.drain?(instance, deadline, $0) } }

    func stop() throws(ServiceFault) { try call { module.service.stop?(instance, $0) } }

    func destroy() {
        health = nil
        commandOutcomes = nil
        state = nil
        module.service.destroy?(instance)
        instance = nil
    }

    func checkHealth() -> String? {
        guard let check = health?.pointee.check else { return nil }
        var sentence = dsotp_owned_bytes()
        let isWell = check(instance, &sentence) == 1
        let text = sentence.take()
        if isWell { return nil }
        return text.isEmpty ? "the service says that it does not work as it should, and not why" : text
    }

    var stateVersions: ClosedRange<UInt32>? {
        guard let table = state?.pointee, table.save != nil, table.load != nil, table.oldest_version <= table.version else { return nil }
        return table.oldest_version...table.version
    }

    func saveState() throws(ServiceFault) -> SavedState {
        guard let state else { throw Self.withoutState }
        var bytes = dsotp_owned_bytes()
        try call { state.pointee.save?(instance, &bytes, $0) }
        guard bytes.count <= UInt64(SavedState.limit) else {
            bytes.release?(bytes.owner)
            throw .tooLarge(state: bytes.count)
        }
        let copy = bytes.data.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: Int(bytes.count))) } ?? []
        bytes.release?(bytes.owner)
        return SavedState(version: state.pointee.version, bytes: copy)
    }

    func loadState(_ saved: SavedState) throws(ServiceFault) {
        guard let state else { throw Self.withoutState }
        try call { error in
            saved.bytes.withUnsafeBytes { bytes in
                state.pointee.load?(instance, saved.version, dsotp_host_bytes(data: bytes.baseAddress, count: UInt64(bytes.count)), error)
            }
        }
    }

    private static let withoutState = ServiceFault(
        status: dsotp_status(DSOTP_UNSUPPORTED), sentence: "the service does not offer dsotp.state/1")

    /// The service's own table of an extension.
    private func find<Table>(_ identifier: String, atLeast size: Int) -> UnsafePointer<Table>? {
        guard let find = module.service.get_extension else { return nil }
        var identifier = identifier
        let table = identifier.withUTF8 { find(instance, dsotp_host_bytes(data: $0.baseAddress, count: UInt64($0.count))) }
        // Every table begins with its size.
        guard let table, Int(table.load(as: UInt32.self)) >= size else { return nil }
        return table.assumingMemoryBound(to: Table.self)
    }

    /// Calls a function with a place for its error; a function that is not there (optional) has nothing to do.
    @inline(__always)
    private func call(_ body: (UnsafeMutablePointer<dsotp_error>) -> dsotp_status?) throws(ServiceFault) {
        var error = dsotp_error()
        error.size = UInt32(MemoryLayout<dsotp_error>.size)
        let status = withUnsafeMutablePointer(to: &error) { body($0) } ?? dsotp_status(DSOTP_OK)
        guard status != DSOTP_OK else { return }
        throw ServiceFault(taking: error, status: status)
    }
}

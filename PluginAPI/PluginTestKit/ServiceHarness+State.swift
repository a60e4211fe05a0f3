import CPluginAPI
import PluginAPI

/// What a service saved by `dsotp.state/1`, to be loaded by another instance.
public struct SavedState: Hashable, Sendable {
    /// The version of its form.
    public let version: UInt32
    public let bytes: [UInt8]

    /// A state as an older build may have saved it.
    public init(version: UInt32, bytes: [UInt8]) {
        self.version = version
        self.bytes = bytes
    }
}

extension ServiceHarness {
    /// The versions that the service loads, or nil if it does not offer `dsotp.state/1`.
    public var stateVersions: ClosedRange<UInt32>? {
        guard let table = stateTable, table.oldest_version <= table.version else { return nil }
        return table.oldest_version...table.version
    }

    /// Lets the service save its state, as the host does after `drain` and before `stop`.
    public func saveState() throws -> SavedState {
        guard let table = stateTable, let save = table.save else { throw HarnessError("the service does not offer dsotp.state/1") }
        var bytes = dsotp_owned_bytes()
        try call("save") { save(currentInstance, &bytes, $0) }
        return SavedState(version: table.version, bytes: bytes.takeBytes())
    }

    /// Lets the service load a state, as the host does after `configure` and before `start`: make the harness with `starts: false`.
    /// - Throws: the service's ``ServiceError``, or a ``HarnessError`` for a version that the host would never pass.
    @discardableResult public func loadState(_ state: SavedState) throws -> ServiceHarness {
        guard let table = stateTable, let load = table.load else { throw HarnessError("the service does not offer dsotp.state/1") }
        guard (table.oldest_version...max(table.oldest_version, table.version)).contains(state.version) else {
            throw HarnessError(
                "the service does not load version \(state.version) (expected \(table.oldest_version) … \(table.version)): the host refuses "
                    + "the exchange")
        }
        let lent = Lent(state.bytes)
        try call("load") { load(currentInstance, state.version, dsotp_host_bytes(UnsafeRawBufferPointer(lent.bytes)), $0) }
        return self
    }

    private var stateTable: dsotp_state? {
        guard let getExtension = service.get_extension else { return nil }
        let found = try? memory.thread.perform {
            DSOTP_EXT_STATE.withPluginBytes { getExtension(currentInstance, dsotp_host_bytes($0.buffer)) }
        }
        guard let table = found?.assumingMemoryBound(to: dsotp_state.self), Int(table.pointee.size) >= MemoryLayout<dsotp_state>.size
        else { return nil }
        return table.pointee
    }
}

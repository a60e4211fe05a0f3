import CPluginAPI

extension StatefulService {
    /// The C table of `dsotp.state/1`.
    static var stateTable: dsotp_state {
        dsotp_state(
            size: UInt32(MemoryLayout<dsotp_state>.size), version: stateVersion, oldest_version: oldestStateVersion, reserved: 0,
            save: { instance, state, error in
                outcome(error) {
                    guard let state else { throw ServiceError.invalidArgument("the host gives no place for the state") }
                    state.pointee = dsotp_owned_bytes(owning: try statefulService(instance).saveState())
                }
            },
            load: { instance, version, state, error in
                outcome(error) { try statefulService(instance).loadState([UInt8](state.buffer), version: version) }
            })
    }
}

private func statefulService(_ instance: dsotp_instance?) throws(ServiceError) -> any StatefulService {
    guard let service = try ServiceInstance.at(instance).service() as? any StatefulService else {
        throw .unsupported("the service keeps no state")
    }
    return service
}

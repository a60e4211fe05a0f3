extension ServiceSupervisor {
    /// An observer that, before the given one, tells the arbiter of commands which services have ended, for whatever reason.
    static func releasingDevices(
        _ desk: CommandDesk?, _ observer: @escaping @Sendable (ServiceStateChange) -> Void
    ) -> @Sendable (ServiceStateChange) -> Void {
        guard let desk else { return observer }
        return { change in
            switch change.state {
            case .stopped, .standby, .disabled, .refused, .failed, .backoff, .quarantined: desk.ended(change.service)
            case .discovered, .verified, .configured, .starting, .running, .degraded, .draining: break
            }
            observer(change)
        }
    }
}

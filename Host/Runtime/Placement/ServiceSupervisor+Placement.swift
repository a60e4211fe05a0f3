internal import Logging
internal import Synchronization

extension SupervisedService {
    /// Whether it is this host's to run it at the moment; `nil` where other hosts have no part in it.
    var holding: (@Sendable () -> Bool)? {
        guard content.withLock({ $0.standing }) != .free else { return nil }
        return { [fence] in fence.isOpen }
    }
}

/// Services that another host may run.
extension ServiceSupervisor {
    /// Makes sure that the service could run here, and waits for its lease.
    func standBy(_ service: SupervisedService, _ sentence: String) async {
        service.board.move(to: .discovered)
        let manifest = service.manifest
        do throws(ChangeRefusal) {
            let file = try await admit(manifest)
            service.board.move(to: .verified)
            _ = try await rehearsed(manifest, file)
        } catch {
            service.log.host(.error, "refused: \(error)")
            return service.board.move(to: .refused, error.description)
        }
        guard case .standby(let sentence) = service.content.withLock({ $0.standing }) else { return service.board.move(to: .standby, sentence) }
        service.board.move(to: .standby, sentence)
    }

    /// The lease is this host's: the service starts.
    func takeUp(_ service: SupervisedService) async {
        await inOrder(service) {
            guard service.content.withLock({ $0.isEnabled && $0.worker == nil && $0.standing == .held }) else { return }
            guard service.board.current.state == .standby else { return }
            await self.activate(service)
        }
    }

    /// The lease is not this host's any more: the service ends, with its drain or without.
    func giveUp(_ service: SupervisedService, _ sentence: String, drains: Bool) async {
        retries.removeValue(forKey: service.name)?.cancel()
        await inOrder(service) {
            if service.worker != nil {
                await self.deactivate(service, into: .standby, sentence, drain: drains ? nil : .zero)
            } else if [.backoff, .standby].contains(service.board.current.state) {
                service.board.move(to: .standby, sentence)
            }
        }
    }
}

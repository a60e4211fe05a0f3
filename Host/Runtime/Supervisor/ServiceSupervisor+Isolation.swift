internal import CPluginAPI
internal import Glibc
internal import Logging
internal import Synchronization

/// Services in processes of their own.
extension ServiceSupervisor {
    /// What a service did that it must not do, newest first.
    public nonisolated func incidents(_ name: String) throws(SupervisorError) -> [Incident] { try find(name).aftercare.incidents.all }

    /// Where backtraces of runners go while they are written.
    static func prepare(_ launch: RunnerLaunch, dataFolder: String) -> RunnerLaunch {
        guard launch.backtraceFolder == nil else { return launch }
        var launch = launch
        let incidents = SiteFolder.join(dataFolder, "incidents")
        let folder = "\(incidents)/backtraces"
        mkdir(incidents, 0o755)
        mkdir(folder, 0o755)
        launch.backtraceFolder = HostFiles.canonical(folder)
        return launch
    }

    /// A start that failed in a process of its own: a library that is refused there, an end of the process, or a fault as in this one.
    func failedInProcess(_ service: SupervisedService, _ worker: ServiceWorker, _ fault: ServiceFault, _ step: Callback) {
        if step == .create && fault.status == dsotp_status(DSOTP_VERSION_MISMATCH) || service.isRefusedByForeign(fault) {
            service.log.host(.error, "refused: \(fault)")
            return service.board.move(to: .refused, fault.description)
        }
        guard let loss = worker.instance.loss else {
            return failed(service, "\(step.word) failed: \(fault)", isRetryable: fault.isRetryable)
        }
        let verdict = service.aftercare.ended(
            loss, Aftercare.Circumstances(callback: step.word, restarts: service.status.restarts, backtrace: worker.instance.backtrace))
        if case .rest(let sentence) = verdict { return service.board.move(to: .quarantined, sentence) }
        failed(service, "\(step.word) failed: \(fault)", isRetryable: true)
    }

    /// Ends the worker of a service when it has to rest: its session is let go until a person acts.
    nonisolated func watchRest(of service: SupervisedService) {
        service.aftercare.whenResting { [weak self, weak service] sentence in
            guard let self, let service else { return }
            let resting = service.worker
            Task {
                await self.inOrder(service) {
                    guard let resting, service.worker === resting else { return }
                    await self.deactivate(service, into: .quarantined, sentence)
                }
            }
        }
    }
}

internal import CPluginAPI

extension ServiceWorker {
    /// Tells the service what became of its commands, one batch a round, so that messages and requests come in between.
    func serveOutcomes() {
        guard let (events, dropped) = context.outcomes.take() else { return }
        do throws(ServiceFault) {
            try OutcomeBatch(events, dropped: dropped).lend { batch throws(ServiceFault) in
                try inside(.onOutcomes) { () throws(ServiceFault) in try instance.outcomes(batch) }
            }
        } catch {
            note(error, .onOutcomes)
        }
    }
}

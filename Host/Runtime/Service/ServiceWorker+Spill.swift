internal import CPluginAPI
internal import Topics

/// `overflow: spill`.
extension ServiceWorker {
    /// What the databus is asked for. Where messages may be spilled, it leaves the acknowledgement of all to the mailbox: one that is
    /// acknowledged when received may be so when it is on the disk.
    var subscriptions: [ServiceSubscription] {
        let manifest = context.manifest
        guard manifest.queue.overflow == .spill else { return manifest.subscriptions }
        return manifest.subscriptions.map { given in
            ServiceSubscription(
                filter: given.filter, qos: given.qos, session: given.session, acknowledge: given.qos > 0 ? .stored : given.acknowledge, place: given.place)
        }
    }

    /// Opens the spill, with what an earlier run left there.
    func openSpill() throws(ServiceFault) {
        let manifest = context.manifest
        guard manifest.queue.overflow == .spill, mailbox.spill == nil else { return }
        var listener = Spill.Listener()
        listener.stored = { [link] in link.acknowledge($0) }
        listener.hasRoom = { [link] in link.ready() }
        listener.hasRecords = { [weak mailbox] in mailbox?.wakeConsumer() }
        listener.complains = { [board] in board.complain(.spilling, $0) }
        do throws(HostFiles.Failure) {
            let spill = try Spill(folder: spillFolder, limit: manifest.queue.spill, log: context.log, listener: listener)
            let filters = manifest.subscriptions.map(\.filter)
            mailbox.use(
                spill, owesReceipt: manifest.subscriptions.map { $0.acknowledge == .received },
                acknowledge: { [link] in link.acknowledge($0) }, match: { topic in filters.firstIndex { $0.matches(topic) } })
        } catch {
            throw ServiceFault(
                status: dsotp_status(DSOTP_INPUT_OUTPUT), isRetryable: true, sentence: "what does not fit into its mailbox can't be spilled: \(error)")
        }
    }
}

internal import CPluginAPI

/// Outcomes as the ABI has them, lent for one call.
struct OutcomeBatch {
    private let events: [CommandEvent]
    private let dropped: UInt64

    init(_ events: [CommandEvent], dropped: UInt64) {
        self.events = events
        self.dropped = dropped
    }

    func lend(_ body: (UnsafePointer<dsotp_command_outcome_batch>) throws(ServiceFault) -> Void) throws(ServiceFault) {
        // All texts behind each other in one buffer, so that they stay in place together.
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for event in events {
            for text in [event.device, event.key, event.sentence, event.by, event.reported] {
                bytes.append(contentsOf: text.utf8)
                ends.append(bytes.count)
            }
        }
        let result: Result<Void, ServiceFault> = bytes.withUnsafeBytes { memory in
            func text(_ index: Int) -> dsotp_host_bytes {
                let start = index == 0 ? 0 : ends[index - 1]
                return dsotp_host_bytes(data: memory.baseAddress.map { $0 + start }, count: UInt64(ends[index] - start))
            }
            let outcomes = events.enumerated().map { index, event in
                dsotp_command_outcome(
                    size: UInt32(MemoryLayout<dsotp_command_outcome>.size), outcome: event.outcome.number, command: event.number,
                    is_final: event.isFinal ? 1 : 0, by_class: event.byClass?.number ?? 0, device: text(5 * index), key: text(5 * index + 1),
                    sentence: text(5 * index + 2), by: text(5 * index + 3), reported: text(5 * index + 4), time: event.time, until: event.until)
            }
            return outcomes.withUnsafeBufferPointer { outcomes in
                var batch = dsotp_command_outcome_batch(
                    size: UInt32(MemoryLayout<dsotp_command_outcome_batch>.size), count: UInt32(outcomes.count),
                    stride: UInt64(MemoryLayout<dsotp_command_outcome>.stride), outcomes: outcomes.baseAddress, dropped: dropped)
                do throws(ServiceFault) { return .success(try body(&batch)) } catch { return .failure(error) }
            }
        }
        try result.get()
    }
}

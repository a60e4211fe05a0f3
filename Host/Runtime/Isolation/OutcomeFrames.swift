internal import CPluginAPI

extension FrameWriter {
    /// `u32` count, `u64` dropped; for each `u32` outcome, `u64` command, `u32` final, `u32` class, `i64` time, `i64` until, five texts.
    func append(outcomes batch: dsotp_command_outcome_batch) {
        append(batch.count)
        append(batch.dropped)
        for outcome in UnsafeBufferPointer(start: batch.outcomes, count: Int(batch.count)) {
            append(outcome.outcome)
            append(outcome.command)
            append(outcome.is_final)
            append(outcome.by_class)
            append(outcome.time)
            append(outcome.until)
            for text in [outcome.device, outcome.key, outcome.sentence, outcome.by, outcome.reported] { append(lent: text) }
        }
    }
}

extension FrameReader {
    /// Lends outcomes in place.
    mutating func withOutcomes(_ body: (UnsafePointer<dsotp_command_outcome_batch>) -> Void) throws(MalformedFrame) {
        let count = Int(try number(UInt32.self))
        let dropped: UInt64 = try number()
        guard count <= remaining / 56 else { throw MalformedFrame("a list of outcomes is longer than its frame (got \(count))") }
        var outcomes: [dsotp_command_outcome] = []
        outcomes.reserveCapacity(count)
        for _ in 0..<count {
            var outcome = dsotp_command_outcome()
            outcome.size = UInt32(MemoryLayout<dsotp_command_outcome>.size)
            outcome.outcome = try number()
            outcome.command = try number()
            outcome.is_final = try number()
            outcome.by_class = try number()
            outcome.time = try number()
            outcome.until = try number()
            outcome.device = try counted().lent
            outcome.key = try counted().lent
            outcome.sentence = try counted().lent
            outcome.by = try counted().lent
            outcome.reported = try counted().lent
            outcomes.append(outcome)
        }
        outcomes.withUnsafeBufferPointer { outcomes in
            var batch = dsotp_command_outcome_batch(
                size: UInt32(MemoryLayout<dsotp_command_outcome_batch>.size), count: UInt32(outcomes.count),
                stride: UInt64(MemoryLayout<dsotp_command_outcome>.stride), outcomes: outcomes.baseAddress, dropped: dropped)
            body(&batch)
        }
    }
}

import CPluginAPI

extension SwiftLayout {
    /// `dsotp.command/1` and `dsotp.command_outcomes/1`.
    mutating func commands() {
        type(
            dsotp_command_confirmation.self, "dsotp_command_confirmation",
            ("size", \dsotp_command_confirmation.size, size(\dsotp_command_confirmation.size)),
            ("reserved", \dsotp_command_confirmation.reserved, size(\dsotp_command_confirmation.reserved)),
            ("topic", \dsotp_command_confirmation.topic, size(\dsotp_command_confirmation.topic)),
            ("field", \dsotp_command_confirmation.field, size(\dsotp_command_confirmation.field)),
            ("value", \dsotp_command_confirmation.value, size(\dsotp_command_confirmation.value)),
            ("tolerance", \dsotp_command_confirmation.tolerance, size(\dsotp_command_confirmation.tolerance)),
            ("within", \dsotp_command_confirmation.within, size(\dsotp_command_confirmation.within)))
        type(
            dsotp_command.self, "dsotp_command",
            ("size", \dsotp_command.size, size(\dsotp_command.size)),
            ("command_class", \dsotp_command.command_class, size(\dsotp_command.command_class)),
            ("flags", \dsotp_command.flags, size(\dsotp_command.flags)),
            ("reserved", \dsotp_command.reserved, size(\dsotp_command.reserved)),
            ("device", \dsotp_command.device, size(\dsotp_command.device)),
            ("topic", \dsotp_command.topic, size(\dsotp_command.topic)),
            ("payload", \dsotp_command.payload, size(\dsotp_command.payload)),
            ("value", \dsotp_command.value, size(\dsotp_command.value)),
            ("unit", \dsotp_command.unit, size(\dsotp_command.unit)),
            ("key", \dsotp_command.key, size(\dsotp_command.key)),
            ("reason", \dsotp_command.reason, size(\dsotp_command.reason)),
            ("not_before", \dsotp_command.not_before, size(\dsotp_command.not_before)),
            ("expires", \dsotp_command.expires, size(\dsotp_command.expires)),
            ("hold", \dsotp_command.hold, size(\dsotp_command.hold)),
            ("confirmation", \dsotp_command.confirmation, size(\dsotp_command.confirmation)))
        type(
            dsotp_command_decision.self, "dsotp_command_decision",
            ("size", \dsotp_command_decision.size, size(\dsotp_command_decision.size)),
            ("outcome", \dsotp_command_decision.outcome, size(\dsotp_command_decision.outcome)),
            ("command", \dsotp_command_decision.command, size(\dsotp_command_decision.command)),
            ("retryable", \dsotp_command_decision.retryable, size(\dsotp_command_decision.retryable)),
            ("reserved", \dsotp_command_decision.reserved, size(\dsotp_command_decision.reserved)),
            ("sentence", \dsotp_command_decision.sentence, size(\dsotp_command_decision.sentence)))
        type(
            dsotp_command_device.self, "dsotp_command_device",
            ("size", \dsotp_command_device.size, size(\dsotp_command_device.size)),
            ("command_class", \dsotp_command_device.command_class, size(\dsotp_command_device.command_class)),
            ("command", \dsotp_command_device.command, size(\dsotp_command_device.command)),
            ("until", \dsotp_command_device.until, size(\dsotp_command_device.until)),
            ("is_locked", \dsotp_command_device.is_locked, size(\dsotp_command_device.is_locked)),
            ("waiting", \dsotp_command_device.waiting, size(\dsotp_command_device.waiting)),
            ("holder", \dsotp_command_device.holder, size(\dsotp_command_device.holder)),
            ("lock", \dsotp_command_device.lock, size(\dsotp_command_device.lock)))
        type(
            dsotp_command_table.self, "dsotp_command_table",
            ("size", \dsotp_command_table.size, size(\dsotp_command_table.size)),
            ("reserved", \dsotp_command_table.reserved, size(\dsotp_command_table.reserved)),
            ("submit", \dsotp_command_table.submit, size(\dsotp_command_table.submit)),
            ("renew", \dsotp_command_table.renew, size(\dsotp_command_table.renew)),
            ("cancel", \dsotp_command_table.cancel, size(\dsotp_command_table.cancel)),
            ("device", \dsotp_command_table.device, size(\dsotp_command_table.device)))
        type(
            dsotp_command_outcome.self, "dsotp_command_outcome",
            ("size", \dsotp_command_outcome.size, size(\dsotp_command_outcome.size)),
            ("outcome", \dsotp_command_outcome.outcome, size(\dsotp_command_outcome.outcome)),
            ("command", \dsotp_command_outcome.command, size(\dsotp_command_outcome.command)),
            ("is_final", \dsotp_command_outcome.is_final, size(\dsotp_command_outcome.is_final)),
            ("by_class", \dsotp_command_outcome.by_class, size(\dsotp_command_outcome.by_class)),
            ("device", \dsotp_command_outcome.device, size(\dsotp_command_outcome.device)),
            ("key", \dsotp_command_outcome.key, size(\dsotp_command_outcome.key)),
            ("sentence", \dsotp_command_outcome.sentence, size(\dsotp_command_outcome.sentence)),
            ("by", \dsotp_command_outcome.by, size(\dsotp_command_outcome.by)),
            ("reported", \dsotp_command_outcome.reported, size(\dsotp_command_outcome.reported)),
            ("time", \dsotp_command_outcome.time, size(\dsotp_command_outcome.time)),
            ("until", \dsotp_command_outcome.until, size(\dsotp_command_outcome.until)))
        type(
            dsotp_command_outcome_batch.self, "dsotp_command_outcome_batch",
            ("size", \dsotp_command_outcome_batch.size, size(\dsotp_command_outcome_batch.size)),
            ("count", \dsotp_command_outcome_batch.count, size(\dsotp_command_outcome_batch.count)),
            ("stride", \dsotp_command_outcome_batch.stride, size(\dsotp_command_outcome_batch.stride)),
            ("outcomes", \dsotp_command_outcome_batch.outcomes, size(\dsotp_command_outcome_batch.outcomes)),
            ("dropped", \dsotp_command_outcome_batch.dropped, size(\dsotp_command_outcome_batch.dropped)))
        type(
            dsotp_command_outcomes.self, "dsotp_command_outcomes",
            ("size", \dsotp_command_outcomes.size, size(\dsotp_command_outcomes.size)),
            ("reserved", \dsotp_command_outcomes.reserved, size(\dsotp_command_outcomes.reserved)),
            ("on_outcomes", \dsotp_command_outcomes.on_outcomes, size(\dsotp_command_outcomes.on_outcomes)))
        let numbers: [(String, Int64)] = [
            ("DSOTP_COMMAND_CLASS_OPTIMISATION", Int64(DSOTP_COMMAND_CLASS_OPTIMISATION)),
            ("DSOTP_COMMAND_CLASS_BALANCING", Int64(DSOTP_COMMAND_CLASS_BALANCING)),
            ("DSOTP_COMMAND_CLASS_FLISR", Int64(DSOTP_COMMAND_CLASS_FLISR)),
            ("DSOTP_COMMAND_CLASS_OPERATOR", Int64(DSOTP_COMMAND_CLASS_OPERATOR)),
            ("DSOTP_COMMAND_CLASS_PROTECTION", Int64(DSOTP_COMMAND_CLASS_PROTECTION)),
            ("DSOTP_COMMAND_WAIT", Int64(DSOTP_COMMAND_WAIT)),
            ("DSOTP_COMMAND_DRY_RUN", Int64(DSOTP_COMMAND_DRY_RUN)),
            ("DSOTP_COMMAND_ACCEPTED", Int64(DSOTP_COMMAND_ACCEPTED)),
            ("DSOTP_COMMAND_DISPATCHED", Int64(DSOTP_COMMAND_DISPATCHED)),
            ("DSOTP_COMMAND_CONFIRMED", Int64(DSOTP_COMMAND_CONFIRMED)),
            ("DSOTP_COMMAND_NOT_CONFIRMED", Int64(DSOTP_COMMAND_NOT_CONFIRMED)),
            ("DSOTP_COMMAND_SUPERSEDED", Int64(DSOTP_COMMAND_SUPERSEDED)),
            ("DSOTP_COMMAND_EXPIRED", Int64(DSOTP_COMMAND_EXPIRED)),
            ("DSOTP_COMMAND_REFUSED", Int64(DSOTP_COMMAND_REFUSED)),
            ("DSOTP_COMMAND_CANCELLED", Int64(DSOTP_COMMAND_CANCELLED)),
            ("DSOTP_COMMAND_FAILED", Int64(DSOTP_COMMAND_FAILED)),
            ("DSOTP_COMMAND_DRY_RUN_DONE", Int64(DSOTP_COMMAND_DRY_RUN_DONE)),
        ]
        for (name, value) in numbers { text += "\(name) \(value)\n" }
        for (name, value) in [("DSOTP_EXT_COMMAND", DSOTP_EXT_COMMAND), ("DSOTP_EXT_COMMAND_OUTCOMES", DSOTP_EXT_COMMAND_OUTCOMES)] {
            text += "\(name) \(value)\n"
        }
    }
}

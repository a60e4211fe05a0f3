internal import Synchronization

/// How many commands of each class had which outcome since the host began.
final class CommandStatistics: Sendable {
    private struct Counts {
        var outcomes: [CommandClass: [CommandOutcome: Int]] = [:]
        var lost = 0
    }
    private let counts = Mutex(Counts())

    func count(_ events: [CommandEvent]) {
        counts.withLock { counts in
            for event in events { counts.outcomes[event.commandClass, default: [:]][event.outcome, default: 0] += 1 }
        }
    }

    /// Events that the databus did not take.
    func lost(_ count: Int) { counts.withLock { $0.lost += count } }

    /// Prometheus' text format 0.0.4.
    func text(active: [CommandClass: Int], held: Int, locked: Int, isDryRun: Bool) -> String {
        let counts = counts.withLock { $0 }
        var text = MetricsRegistry.heading(name: "dsotp_commands_total", kind: .counter, help: "Outcomes of commands, by class.")
        for commandClass in CommandClass.allCases {
            for outcome in CommandOutcome.allCases {
                let count = counts.outcomes[commandClass]?[outcome] ?? 0
                text += "dsotp_commands_total{class=\"\(commandClass.rawValue)\",outcome=\"\(outcome.rawValue)\"} \(count)\n"
            }
        }
        text += MetricsRegistry.heading(name: "dsotp_commands_active", kind: .gauge, help: "Commands that have not ended, by class.")
        for commandClass in CommandClass.allCases {
            text += "dsotp_commands_active{class=\"\(commandClass.rawValue)\"} \(active[commandClass] ?? 0)\n"
        }
        func gauge(_ name: String, _ kind: MetricKind, _ help: String, _ value: Int) {
            text += MetricsRegistry.heading(name: name, kind: kind, help: help) + "\(name) \(value)\n"
        }
        gauge("dsotp_command_devices_held", .gauge, "Devices that a command holds.", held)
        gauge("dsotp_command_devices_locked", .gauge, "Devices that an operator blocked.", locked)
        gauge("dsotp_commands_dry_run", .gauge, "1 while the site only rehearses commands.", isDryRun ? 1 : 0)
        gauge("dsotp_command_events_lost_total", .counter, "Events of commands that the databus did not take.", counts.lost)
        return text
    }
}

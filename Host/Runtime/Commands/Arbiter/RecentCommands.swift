/// Commands that have ended, the last ones of each class: thousands of set-points don't push out the one switching step.
struct RecentCommands: Sendable {
    private var commands: [UInt64: Command] = [:]
    private var order: [CommandClass: [UInt64]] = [:]
    private var next: [CommandClass: Int] = [:]

    subscript(number: UInt64) -> Command? { commands[number] }

    /// All of them, in no order.
    var all: Dictionary<UInt64, Command>.Values { commands.values }

    /// Adds a command; returns the one that is forgotten for it.
    mutating func add(_ command: Command, limit: Int) -> Command? {
        commands[command.number] = command
        let ring = order[command.commandClass]?.count ?? 0
        guard ring >= limit else {
            order[command.commandClass, default: []].append(command.number)
            return nil
        }
        let place = next[command.commandClass, default: 0]
        let forgotten = order[command.commandClass]?[place]
        order[command.commandClass]?[place] = command.number
        next[command.commandClass] = (place + 1) % limit
        return forgotten.flatMap { commands.removeValue(forKey: $0) }
    }
}

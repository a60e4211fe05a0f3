/// `rate` of `commands` in a manifest: a bucket that holds one period's worth.
struct CommandRate {
    private var tokens: Double
    private var filled: Int64

    init(_ permissions: CommandPermissions, now: Int64) {
        tokens = Double(permissions.rate)
        filled = now
    }

    /// Takes one command's worth; false if there is none left. Monotonic times, ns.
    mutating func take(_ permissions: CommandPermissions, now: Int64) -> Bool {
        let gained = Double(now - filled) / Double(permissions.ratePeriod) * Double(permissions.rate)
        tokens = min(Double(permissions.rate), tokens + gained)
        filled = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

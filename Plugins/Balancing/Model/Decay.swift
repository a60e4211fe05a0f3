import Glibc

/// Losses that are a part of what is stored.
enum Decay {
    /// (1 − loss)^hours.
    static func kept(_ lossPerHour: Double, hours: Double) -> Double { lossPerHour == 0 ? 1 : pow(1 - lossPerHour, hours) }
}

public import PluginAPI

/// Counts what is refused and tells of it now and then: a device that reports nonsense does so many times a second.
public struct RefusalCount: Sendable {
    private var count = 0
    private var next = 1

    public init() {}

    /// Counts a refusal; the first, the tenth, the hundredth of them is logged.
    public mutating func add(_ sentence: String, _ log: Log) {
        count += 1
        guard count >= next else { return }
        next = count * 10
        log.warning(count == 1 ? sentence : "\(sentence) (number \(count) since the start)")
    }
}

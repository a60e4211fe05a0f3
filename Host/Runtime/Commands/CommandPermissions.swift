public import Topics

/// `commands` in a service's manifest: what it may command. Without it nothing.
public struct CommandPermissions: Sendable {
    /// The highest class.
    public var highestClass: CommandClass
    /// Command topics.
    public var topics: [TopicFilter]
    /// Names of devices; one that ends in `*` stands for all that begin so. Empty: all that the topics name.
    public var devices: [String] = []
    /// How many commands within ``ratePeriod``, with all of them at once.
    public var rate = 1_000
    /// Nanoseconds.
    public var ratePeriod: Int64 = 1_000_000_000
    /// Nothing of the service's is published.
    public var isDryRun = false
    public var whenStopped = WhenStopped.release
    /// Where `topics` stands.
    public var place: ManifestPlace

    /// What happens to the devices that the service holds when it has ended.
    public enum WhenStopped: String, CaseIterable, Sendable {
        /// They are free at once.
        case release
        /// They are held until their hold ends.
        case keep
    }

    func mayCommand(device: String) -> Bool {
        devices.isEmpty || devices.contains { $0.hasSuffix("*") ? device.hasPrefix($0.dropLast()) : device == $0 }
    }

    /// Why the manifest does not permit a command, or `nil` if it does.
    func refusal(of request: CommandRequest) -> String? {
        if request.commandClass > highestClass {
            return "the class \(request.commandClass.rawValue) is not permitted by the manifest (expected at most \(highestClass.rawValue))"
        }
        if !topics.contains(where: { $0.matches(request.topic) }) {
            return "the topic '\(request.topic)' is not permitted by the manifest (add a filter that covers it to 'topics' of commands)"
        }
        if !mayCommand(device: request.device) {
            return "the device '\(request.device)' is not permitted by the manifest (add it to 'devices' of commands)"
        }
        return nil
    }
}

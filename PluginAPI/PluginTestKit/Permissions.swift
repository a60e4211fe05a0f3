public import PluginAPI

/// What the manifest of a service under test permits; everything, unless said otherwise.
public struct Permissions: Sendable {
    /// Topic filters of the manifest's `subscribe`, in its order.
    public var subscribe: [String]
    /// Topic filters of the manifest's `publish`.
    public var publish: [String]
    /// Measurements that may be read; nil for all.
    public var read: Set<String>?
    /// Measurements that may be written; nil for all.
    public var write: Set<String>?
    /// The databases that exist; nil for all.
    public var databases: Set<String>?
    /// The highest class of commands; nil if the manifest has no `commands`.
    public var highestCommandClass: CommandClass? = .protection
    /// Bytes that keys and values of `dsotp.kv/1` may take together.
    public var keyValueQuota: Int

    /// Permits everything that is not limited here.
    public init(
        subscribe: [String] = ["#"], publish: [String] = ["#"], read: Set<String>? = nil, write: Set<String>? = nil,
        databases: Set<String>? = nil, keyValueQuota: Int = 1 << 20
    ) {
        self.subscribe = subscribe
        self.publish = publish
        self.read = read
        self.write = write
        self.databases = databases
        self.keyValueQuota = keyValueQuota
    }

    /// Nothing is forbidden.
    public static let all = Permissions()

    func mayPublish(_ topic: UnsafeRawBufferPointer) -> Bool {
        publish.contains { TopicFilter($0)?.matches(topic) ?? false }
    }

    func mayRead(_ measurement: String) -> Bool { read?.contains(measurement) ?? true }
    func mayWrite(_ measurement: String) -> Bool { write?.contains(measurement) ?? true }

    /// The number of the subscription that the topic matches first; nil if it matches none.
    public func subscription(of topic: String) -> Int? {
        subscribe.firstIndex { TopicFilter($0)?.matches(topic) ?? false }
    }
}

/// Where an end of an equipment is connected.
public struct Terminal: Hashable, Sendable {
    /// The master resource identifier, without `#`, `_` or `urn:uuid:` before it; empty in networks that were not read from CIM.
    public var mRID: String
    /// Position in `Network.nodes`, or nil where the end is not connected.
    public var node: Int?
    public var phases: PhaseSet
    /// Whether the terminal carries current: CIM's `ACDCTerminal.connected`, a disconnection that is not modelled as a switch.
    public var isConnected: Bool

    public init(node: Int?, phases: PhaseSet = .abc, isConnected: Bool = true, mRID: String = "") {
        self.mRID = mRID
        self.node = node
        self.phases = phases
        self.isConnected = isConnected
    }

    /// The node when current can flow to it.
    public var connectedNode: Int? { isConnected ? node : nil }
}

/// The identity every part of a network has.
public struct Identity: Hashable, Sendable {
    /// The master resource identifier, without `#`, `_` or `urn:uuid:` before it.
    public var mRID: String
    public var name: String
    /// Position in `Network.containers`: the feeder, bay, voltage level, line or substation it belongs to.
    public var container: Int?

    /// - Parameter name: the mRID when not given.
    public init(_ mRID: String, name: String? = nil, container: Int? = nil) {
        self.mRID = mRID
        self.name = name ?? mRID
        self.container = container
    }
}

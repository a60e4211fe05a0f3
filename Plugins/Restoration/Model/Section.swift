/// What no switch parts: nodes, lines and transformers that are energised, isolated and restored together.
public struct Section: Hashable, Sendable {
    /// Nodes of ``SwitchingModel/grid``.
    public var nodes: [Int32]
    /// Branches of ``SwitchingModel/grid``.
    public var branches: [Int32]
    /// Switches with exactly one side here: positions in `Network.switches`.
    public var boundary: [Int32]
    /// Whether an external grid feeds in here.
    public var hasSource: Bool
}

/// What the meters and the zero injections let one know of a grid.
public struct Observability: Hashable, Sendable {
    /// Independent ways in which the state may change without any meter noticing; 0 when everything is observable.
    public var nullity: Int
    /// Nodes (conductors) whose voltage may change in such a way, ascending.
    public var unobservable: [Int32]
    /// Parts of the grid within which every flow is known, largest first: all of an observable grid is one. Nodes alone are parts too.
    public var islands: [[Int32]]
    /// The connected parts that are not observable, largest first.
    public var parts: [Part]

    /// A connected part of the grid of which something is not observable.
    public struct Part: Hashable, Sendable {
        public var nodes: [Int32]
        /// Independent quantities that are missing there.
        public var missing: Int
        /// A sentence that says what is missing.
        public var reason: String
    }

    /// The sentences of all parts.
    public var reasons: [String] { parts.map(\.reason) }

    public var isObservable: Bool { nullity == 0 }
}

/// What the meters and the zero injections let one know of a grid.
public struct Observability: Hashable, Sendable {
    /// Independent ways in which the state may change without any meter noticing; 0 when everything is observable.
    public var nullity: Int
    /// Nodes (conductors) whose voltage may change in such a way, ascending.
    public var unobservable: [Int32]
    /// Parts of the grid within which every flow is known, largest first: all of an observable grid is one. Nodes alone are parts too.
    public var islands: [[Int32]]
    /// For each connected part that is not observable a sentence that says what is missing.
    public var reasons: [String]

    public var isObservable: Bool { nullity == 0 }
}

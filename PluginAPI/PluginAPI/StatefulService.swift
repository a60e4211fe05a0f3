/// A service that hands what it knows to its successor when its library or its manifest is exchanged while the host runs
/// (`dsotp.state/1`; `dsotp/extensions/state.h` tells the order of an exchange).
///
/// ```swift
/// extension LoadCounter: StatefulService {
///     static var stateVersion: UInt32 { 2 }
///     static var oldestStateVersion: UInt32 { 1 }
///     func saveState() throws -> [UInt8] { try counts.encoded() }
///     func loadState(_ bytes: [UInt8], version: UInt32) throws { counts = try Counts(decoding: bytes, isFirstForm: version == 1) }
/// }
/// ```
/// What has to outlive the host as well belongs into ``KeyValues``.
public protocol StatefulService: Service {
    /// The version of the form that ``saveState()`` writes; from 1, greater with each change of the form.
    static var stateVersion: UInt32 { get }

    /// The oldest version that ``loadState(_:version:)`` reads; by default the present one alone.
    static var oldestStateVersion: UInt32 { get }

    /// What the successor needs, at most 64 MiB. Called once, after `drain` and before `stop`.
    func saveState() throws -> [UInt8]

    /// Takes over what a predecessor saved. Called at most once, after `configure` and before `start`.
    /// - Parameter version: from ``oldestStateVersion`` to ``stateVersion``.
    func loadState(_ bytes: [UInt8], version: UInt32) throws
}

extension StatefulService {
    public static var oldestStateVersion: UInt32 { stateVersion }
}

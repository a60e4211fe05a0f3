public import Grid

/// What a switch may be asked to do: how it is operated, what it can break, and whether somebody has a hand on it.
public struct SwitchDuty: Hashable, Sendable {
    /// Whether it may be operated at all at present.
    public enum Availability: String, Hashable, Sendable, CaseIterable {
        case available
        /// Mechanically or electrically interlocked.
        case locked
        /// Somebody works behind it, or has put a tag on it.
        case tagged
        case outOfService = "out of service"
    }

    /// Whether the control centre operates it; others need a crew.
    public var isRemoteControlled: Bool
    /// Whether it makes and breaks load current. A disconnector is operated only while both its sides are dead.
    public var breaksLoadCurrent: Bool
    /// Whether its protection clears faults: a breaker, a recloser.
    public var interruptsFaults: Bool
    /// Whether it may be operated at present.
    public var availability: Availability

    /// A remote-controlled switch that breaks load, unless said otherwise.
    public init(
        isRemoteControlled: Bool = true, breaksLoadCurrent: Bool = true, interruptsFaults: Bool = false, availability: Availability = .available
    ) {
        self.isRemoteControlled = isRemoteControlled
        self.breaksLoadCurrent = breaksLoadCurrent
        self.interruptsFaults = interruptsFaults
        self.availability = availability
    }

    /// What a switch of a kind can do where nothing else is known. Fuses, jumpers, cuts and earthing switches need a crew and a dead line.
    public init(of kind: Switch.Kind) {
        switch kind {
        case .breaker, .recloser, .protectedSwitch: self.init(interruptsFaults: true)
        case .loadBreakSwitch, .sectionaliser, .other: self.init()
        case .disconnector: self.init(breaksLoadCurrent: false)
        case .fuse: self.init(isRemoteControlled: false, breaksLoadCurrent: false, interruptsFaults: true)
        case .groundDisconnector, .jumper, .cut: self.init(isRemoteControlled: false, breaksLoadCurrent: false)
        }
    }

    /// Why it can't be operated; nil where it can.
    ///
    /// - Parameter usesCrews: whether switches without remote control count too.
    func refusal(usesCrews: Bool) -> String? {
        guard availability == .available else { return availability.rawValue }
        return isRemoteControlled || usesCrews ? nil : "not remote-controlled"
    }

    func mayOperate(usesCrews: Bool) -> Bool { refusal(usesCrews: usesCrews) == nil }
}

/// The answers of `DatabusAuthority.mayPublish` for one client, by topic: a small direct-mapped cache, since a device
/// publishes to a handful of topics again and again.
struct PublishPermissions {
    private static let slots = 32
    /// Route serial, shifted left, with the answer in bit 0; 0 for none.
    private var answers: ContiguousArray<UInt64> = []
    private var epoch: UInt64 = 0

    /// The kept answer for a topic, nil when the authority must be asked.
    @inline(__always)
    func answer(for route: Route, epoch: UInt64) -> Bool? {
        guard self.epoch == epoch, !answers.isEmpty else { return nil }
        let entry = answers[Int(truncatingIfNeeded: route.serial) & (Self.slots - 1)]
        return entry >> 1 == route.serial ? entry & 1 != 0 : nil
    }

    mutating func keep(_ answer: Bool, for route: Route, epoch: UInt64) {
        if self.epoch != epoch || answers.isEmpty {
            answers = ContiguousArray(repeating: 0, count: Self.slots)
            self.epoch = epoch
        }
        answers[Int(truncatingIfNeeded: route.serial) & (Self.slots - 1)] = route.serial << 1 | (answer ? 1 : 0)
    }
}

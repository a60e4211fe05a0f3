/// What protection and indicators do where a section fails and everything works: for simulations, screenings and emulated devices.
public struct ProtectionResponse: Hashable, Sendable {
    /// The breaker, recloser or fuse nearest to the fault on the way from its source; nil where none is on the way.
    public var clearingDevice: Int?
    /// The closed switches that the fault current passes and that lose their voltage: from the clearing device to the fault.
    public var passedDevices: [Int]
    /// Every switch whose voltage is lost.
    public var deadDevices: [Int]

    /// - Parameters:
    ///   - positions: before the fault, true for closed.
    ///   - section: where it is.
    public init(_ model: SwitchingModel, positions: [Bool], faultedSection section: Int) {
        let tree = FeedingTree(model, positions)
        let path = tree.path(from: section)
        let split = path.firstIndex { model.duties[$0].interruptsFaults }
        clearingDevice = split.map { path[$0] }
        passedDevices = split.map { path[...$0].reversed() } ?? []
        guard let clearingDevice else {
            deadDevices = []
            return
        }
        var after = positions
        after[clearingDevice] = false
        let energised = model.energisedSections(after)
        deadDevices = positions.indices.filter { device in
            let fed = Int(tree.fedSection[device])
            return fed >= 0 && !energised[fed]
        }
    }
}

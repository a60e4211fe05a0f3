import Grid
import PluginAPI
import Restoration

/// Faults on the emulated grid: which sections have one, and what protection and fault passage indicators do about it.
struct EmulatedProtection {
    private let model: SwitchingModel
    /// What failed, as it was named, by section.
    private(set) var faults: [Int: String] = [:]
    /// Indicators that have latched.
    private var latched: Set<Int> = []

    init(_ network: Network) throws(ServiceError) {
        do throws(RestorationError) { model = try SwitchingModel(network) } catch { throw .invalidConfiguration(error.description) }
    }

    /// Lets a line, transformer, load or busbar fail.
    mutating func fail(_ equipment: String, positions: [Bool]) throws(ServiceError) {
        guard let section = model.section(named: equipment) else {
            throw .invalidArgument("the grid has no line, transformer, load or busbar '\(equipment)': give its mRID as 'equipment'")
        }
        guard ProtectionResponse(model, positions: positions, faultedSection: section).clearingDevice != nil || !model.energisedSections(positions)[section]
        else { throw .invalidArgument("no breaker would clear a fault on '\(equipment)': it hangs on the external grid itself") }
        faults[section] = equipment
    }

    /// Repairs every fault, or those on what is named.
    mutating func repair(_ equipment: String?) throws(ServiceError) {
        guard let equipment else { return faults.removeAll() }
        guard let section = model.section(named: equipment), faults.removeValue(forKey: section) != nil else {
            throw .invalidArgument("'\(equipment)' has no fault")
        }
    }

    /// What protection does where a fault has voltage: nil where none has.
    mutating func react(_ positions: [Bool]) -> ProtectionResponse? {
        let energised = model.energisedSections(positions)
        guard let section = faults.keys.sorted().first(where: { energised[$0] }) else { return nil }
        let response = ProtectionResponse(model, positions: positions, faultedSection: section)
        latched.formUnion(response.deadDevices)
        return response
    }

    /// Latched indicators whose voltage is back: they reset.
    mutating func resets(_ positions: [Bool]) -> [Int] {
        let energised = model.energisedSections(positions)
        let back = latched.filter { device in
            let sides = model.sections(ofSwitch: device)
            return sides.from >= 0 && energised[sides.from] && energised[sides.to]
        }
        latched.subtract(back)
        return back.sorted()
    }

    /// Switches with an indicator: all that do not interrupt faults themselves.
    var indicators: [Int] { model.duties.indices.filter { !model.duties[$0].interruptsFaults && model.switchNodes[$0].from >= 0 } }

    func hasIndicator(_ device: Int) -> Bool { !model.duties[device].interruptsFaults }
}

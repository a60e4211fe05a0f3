import Estimation
import Grid
import PluginAPI

extension StateEstimation {
    /// Where a further meter helps most, best first.
    func writeProposals(_ json: inout JSONWriter, _ estimator: Estimator, _ grid: FollowedGrid) {
        let proposals = (try? estimator.meterProposals()) ?? []
        json.list("proposals", proposals) { json, proposal in
            if case .node(let node) = proposal.place { json.member("at", grid.nodeName(node)) }
            json.key("quantities")
            json.beginArray()
            for quantity in proposal.quantities { json.value(quantity.shown) }
            json.endArray()
            json.member("benefit", proposal.benefit)
        }
    }
}

extension Quantity {
    fileprivate var shown: String {
        switch self {
        case .voltageMagnitude: "voltmagnitude"
        case .activePower: "activepower"
        case .reactivePower: "reactivepower"
        default: "\(self)"
        }
    }
}

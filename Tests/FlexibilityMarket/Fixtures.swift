import FlexibilityMarket
import PluginAPI
import Testing

func time(_ text: String) -> Timestamp { Timestamp(text: text) ?? Timestamp(nanoseconds: 0) }

func json(_ text: String) throws -> JSONValue { try Array(text.utf8).withUnsafeBytes { try JSONValue($0) } }

func read(_ text: String) throws -> FlexibilityRequest { try FlexibilityRequest(try json(text)) }

let noon = time("2026-06-01T12:00:00Z")

/// A request of quarter hours from noon on.
func request(_ id: String = "r1", revision: Int = 1, kilowatts: ClosedRange<Double> = 0...40, quarters: Int = 4, factor: Double = 0) -> FlexibilityRequest {
    FlexibilityRequest(
        id: id, revision: revision, location: .community("abb"),
        intervals: [.init(start: noon, end: noon + .seconds(900 * quarters), kilowatts: kilowatts)], minimumActivationFactor: factor)
}

func decide(_ request: FlexibilityRequest, _ bounds: FeasibilityRule.Bounds, room: FeasibilityRule.Room = .unlimited) -> FeasibilityCheck {
    let steps = request.steps(minutes: 15)
    return FeasibilityRule.decide(
        steps.map { ($0, $0.wantedKW, $0.leastKW) }, steps.map { _ in bounds }, rooms: [room], minimumFactor: request.minimumActivationFactor, at: noon)
}

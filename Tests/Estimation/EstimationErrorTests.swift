import Estimation
import Testing

@Suite("Estimation errors")
struct EstimationErrorTests {
    @Test("An error is its sentence")
    func sentence() { #expect("\(EstimationError("node 3 is not observable"))" == "node 3 is not observable") }
}

internal import Grid

/// Where what a meter says is kept: the way of every value of every frame, so without a walk through objects. Valid as long as its equations.
struct MeterSlots {
    private let values: UnsafeMutablePointer<Double>
    private let weights: UnsafeMutablePointer<Double>
    private let onlyMeters: UnsafeMutablePointer<Int32>
    private let means: UnsafeMutablePointer<Double>

    init(_ equations: Equations) {
        values = equations.values.pointer
        weights = equations.weights.pointer
        onlyMeters = equations.layout.onlyMeters.pointer
        means = UnsafeMutableRawPointer(equations.targetValues.pointer).assumingMemoryBound(to: Double.self)
    }

    /// Sets what a meter says.
    ///
    /// - Returns: whether the mean of its injection, where it measures one, is up to date; otherwise `Equations.gatherValues` is due.
    @inline(__always)
    func set(_ value: Double, of measurement: Int) -> Bool {
        values[measurement] = value
        let lane = Int(onlyMeters[measurement])
        guard lane >= 0 else { return lane == Layout.noInjection }
        // Left out, it has no part in the mean.
        if weights[measurement] > 0 { means[lane] = value }
        return true
    }
}

extension Int64 {
    /// The time so many nanoseconds later, or the last one that there is.
    func saturatingAdd(_ nanoseconds: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(nanoseconds)
        return overflows ? (nanoseconds < 0 ? .min : .max) : sum
    }

    /// How many nanoseconds it is later than `earlier`, or the most that there are.
    func saturatingSubtract(_ earlier: Int64) -> Int64 {
        let (difference, overflows) = subtractingReportingOverflow(earlier)
        return overflows ? (earlier < 0 ? .max : .min) : difference
    }
}

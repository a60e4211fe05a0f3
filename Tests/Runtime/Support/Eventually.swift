import Testing

/// Waits for something that becomes true by itself, and fails if it does not within ten seconds.
func eventually(
    _ what: Comment, _ location: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(what, sourceLocation: location)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

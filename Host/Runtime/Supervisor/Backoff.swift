/// How long to wait before the next attempt.
enum Backoff {
    /// Doubles with each attempt from `first` up to `longest`, then takes between half and all of it at random, so that services that
    /// failed together do not come back together.
    static func delay(attempt: Int, first: Duration, longest: Duration) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(longest, first * (1 << doublings))
        return full * Double.random(in: 0.5...1)
    }
}

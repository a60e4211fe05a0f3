/// How the host starts runners.
public struct RunnerLaunch: Sendable {
    /// The program: by default the one that the host itself is.
    public var executable: String
    /// What follows the program's name; ``Runner/run()`` must be what it then does.
    public var arguments: [String]
    /// Where backtraces of crashed runners are written, or `nil` for none; must exist.
    public var backtraceFolder: String?

    public init(executable: String = "/proc/self/exe", arguments: [String] = ["runner"], backtraceFolder: String? = nil) {
        self.executable = executable
        self.arguments = arguments
        self.backtraceFolder = backtraceFolder
    }
}

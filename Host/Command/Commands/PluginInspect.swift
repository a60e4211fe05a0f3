import ArgumentParser
import Runtime
import Trust

/// `dsotp plugin inspect FILE`.
struct PluginInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what a library is, without running any code of it.",
        discussion: "Exit code 0 if this host could load it, 1 if not: damaged, no service library, another machine or ABI, a signature that is wrong.")

    @Argument(help: "The library's file.")
    var file: String

    @OptionGroup var keys: KeyOptions

    @Flag(help: "Look at it as a library that is no service: list the functions that a manifest with isolation: foreign can describe.")
    var foreign = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try orComplain {
            let report = try LibraryReport(path: file, keys: try keys.keys(), isForeign: foreign)
            print(json ? report.json.json : report.text, terminator: json ? "\n" : "")
            guard report.obstacles.isEmpty else {
                if !json { for obstacle in report.obstacles { Terminal.complain("\(file): \(obstacle)") } }
                throw ExitCode.failure
            }
        }
    }
}

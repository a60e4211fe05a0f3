import ArgumentParser
import Runtime

/// `dsotp check SITE`.
struct CheckSite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks a site without starting it, and prints who feeds whom.",
        discussion: "Exit code 0 if the site is in order, 1 if something is wrong; each problem is one line with file and line number.")

    @Argument(help: "The site's folder.")
    var site: String

    func run() async throws {
        let report = await SiteChecks.checker.check(folder: site)
        if !report.topicGraph.isEmpty { print(report.topicGraph) }
        var problems = report.problems.map(\.description)
        if problems.isEmpty, let sentence = SiteChecks.accessProblem(of: site) { problems.append(sentence) }
        guard problems.isEmpty else {
            for problem in problems { Terminal.complain(problem) }
            Terminal.complain("\(problems.count) problem\(problems.count == 1 ? "" : "s") found")
            throw ExitCode.failure
        }
        print("\(site) is in order")
    }
}

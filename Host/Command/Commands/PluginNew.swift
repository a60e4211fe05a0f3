import ArgumentParser
import Glibc
import Trust

/// `dsotp plugin new NAME`.
struct PluginNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Writes a folder with a service that builds, and a test that passes.",
        discussion: "The service needs PluginAPI alone, from the folder given by --sdk; see docs/plugin-guide.md for what comes next.")

    @Argument(help: "The service's name, such as voltage-band; also the name of the folder.")
    var name: String

    @Option(help: "What it is written in: swift or c.")
    var language: PluginTemplate.Language = .swift

    @Option(help: "The folder that holds PluginAPI/; by default the source tree that dsotp was built from.")
    var sdk: String?

    func run() throws {
        try orComplain {
            guard let given = sdk ?? PluginTemplate.defaultSDK() else {
                throw PlatformError("there is no PluginAPI/ in a folder above the executable (give the folder that holds it with --sdk)")
            }
            guard FileContents.isThere(given + "/PluginAPI/CPluginAPI/dsotp.h"), let resolved = realpath(given, nil) else {
                throw PlatformError("\(given) holds no PluginAPI/ (expected PluginAPI/CPluginAPI/dsotp.h in it; give another folder with --sdk)")
            }
            defer { free(resolved) }
            let template = try PluginTemplate(service: name, language: language, sdk: String(cString: resolved))
            for file in try template.write(into: name) { print("\(name)/\(file)") }
            print("\nNext: cd \(name) && \(language == .swift ? "swift build --build-tests && swift test" : "make test")")
        }
    }
}

extension PluginTemplate.Language: ExpressibleByArgument {}

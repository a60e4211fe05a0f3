import Testing

@Suite("The layout of ABI 1.0")
struct LayoutTests {
    private let golden = Repository.text("\(Repository.root)/Tests/Data/abi/layout-1.0.txt")

    @Test("a C program sees the layout of the golden file") func cLayout() throws {
        let layout = try Repository.withTemporaryFolder { folder in
            let built = try Repository.run([
                "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I\(Repository.root)/PluginAPI/CPluginAPI",
                "\(Repository.root)/Tests/Data/abi/layout.c", "-o", "\(folder)/layout",
            ])
            try #require(built.status == 0, "\(built.output)")
            return try Repository.run(["\(folder)/layout"]).output
        }
        #expect(layout == golden)
    }

    @Test("Swift sees the layout of the golden file") func swiftLayout() {
        #expect(SwiftLayout().text == golden)
    }

    @Test("the golden file knows every struct of the headers") func complete() throws {
        let golden = try #require(golden)
        let headers = try Repository.run(["grep", "-rhoE", "^typedef struct [a-z_0-9]+", "\(Repository.root)/PluginAPI/CPluginAPI"])
            .output
        let names = headers.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(names.count > 30)
        for name in names { #expect(golden.contains("\(name) size "), "\(name) is missing in layout.c and the golden file") }
    }

    static let headers = [
        "dsotp.h", "dsotp/types.h", "dsotp/plugin.h", "dsotp/extensions/clock.h", "dsotp/extensions/command.h",
        "dsotp/extensions/command_outcomes.h", "dsotp/extensions/config.h",
        "dsotp/extensions/databus.h", "dsotp/extensions/health.h", "dsotp/extensions/http.h", "dsotp/extensions/kv.h",
        "dsotp/extensions/log.h", "dsotp/extensions/metrics.h", "dsotp/extensions/state.h", "dsotp/extensions/timer.h", "dsotp/extensions/timeseries.h",
    ]

    @Test(
        "each header compiles alone, without warnings, as C11 and as C++17", arguments: headers,
        [
            ["gcc", "-std=c11", "-xc"], ["clang", "-std=c11", "-xc"], ["g++", "-std=c++17", "-xc++"],
            ["clang++", "-std=c++17", "-xc++"],
        ])
    func compiles(header: String, compiler: [String]) throws {
        // Nothing is included before the header, nor after it.
        let path = "\(Repository.root)/PluginAPI/CPluginAPI/\(header)"
        let result = try Repository.run(
            compiler + ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-include", path, "/dev/null"])
        #expect(result.status == 0, "\(result.output)")
    }
}

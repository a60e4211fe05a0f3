import Testing

@testable import Runtime

@Suite("What manifests say about commands")
struct CommandManifestTests {
    private func problems(site: String = "", service: String) throws -> [String] {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: test\n\(site)")
        try folder.write("services/a.yaml", "service: a\nlibrary: a\n\(service)\n")
        do throws(ManifestErrors) {
            _ = try SiteFolder.load(folder.path)
            return []
        } catch {
            return error.problems.map { "\($0)".replacing("\(folder.path)/", with: "") }
        }
    }

    @Test(
        "A wrong 'commands' is refused with file, line and what to do",
        arguments: [
            ("commands: {topics: [\"setpoints/#\"]}", "services/a.yaml:3: commands lacks the key 'class'"),
            ("commands: {class: flisr}", "services/a.yaml:3: commands lacks the key 'topics'"),
            ("commands: {class: fliser, topics: []}", "'class' of commands has an unknown value (did you mean 'flisr'?"),
            ("commands: {class: flisr, topics: [\"measurements/#\"]}", "'measurements/#' of 'topics' of commands of the service 'a' is no command topic of the site"),
            ("commands: {class: flisr, topics: [\"setpoints/#\"], rate: fast}", "'rate' of commands is malformed (expected a number and the time for them"),
            ("commands: {class: flisr, topics: [\"setpoints/#\"], rate: 10/1ms}", "'rate' of commands is malformed"),
            ("commands: {class: flisr, topics: [\"setpoints/#\"], devices: [\"a/b\"]}", "a device of commands is malformed"),
            ("commands: {class: flisr, topics: [\"setpoints/#\"], when_stopped: drop}", "expected release or keep"),
            ("publish: [\"out/#\", \"setpoints/+\"]", "services/a.yaml:3: 'publish' of the service 'a' names the command topic 'setpoints/+'"),
        ])
    func wrong(manifest: String, sentence: String) throws {
        let found = try problems(service: manifest)
        #expect(found.count == 1 && found[0].contains(sentence), "\(found)")
    }

    @Test("Command topics of the site decide what is one, and a wrong site section is refused")
    func site() throws {
        #expect(try problems(site: "commands: {topics: [\"plant/+/set\"], confirmations: [\"plant/+/state\"]}", service: "publish: [\"setpoints/#\"]").isEmpty)
        let found = try problems(site: "commands: {dryrun: true}", service: "")
        #expect(found.count == 1 && found[0].contains("site.yaml:2: unknown key 'dryrun' in commands (did you mean 'dry_run'?"))
    }

    @Test(
        "The device of a command topic is the level at the first wildcard of its filter",
        arguments: [
            ("setpoints/battery-1", "battery-1"), ("setpoints/battery-1/reactive", "battery-1"), ("switches/sw-1/command", "sw-1"),
            ("setpoints/battery-1/ack", nil), ("switches/sw-1", nil), ("setpoints", nil), ("setpoints/", nil), ("measurements/x", nil),
        ] as [(String, String?)])
    func device(topic: String, device: String?) { #expect(CommandTopics.standard.device(of: topic) == device) }

    @Test("All that a manifest says is read")
    func whole() throws {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: test\n")
        try folder.write(
            "services/a.yaml",
            "service: a\nlibrary: a\ncommands: {class: flisr, topics: [\"switches/+/command\"], devices: [sw-1, \"t*\"], rate: 1000/10s, dry_run: true, when_stopped: keep}\n")
        let commands = try #require(try SiteFolder.load(folder.path).services.first?.commands)
        #expect(commands.highestClass == .flisr && commands.rate == 1_000 && commands.ratePeriod == 10_000_000_000)
        #expect(commands.isDryRun && commands.whenStopped == .keep)
        #expect(commands.mayCommand(device: "tie-4") && commands.mayCommand(device: "sw-1") && !commands.mayCommand(device: "sw-10"))
    }
}

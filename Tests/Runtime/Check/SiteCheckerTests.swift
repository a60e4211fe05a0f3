import Testing

@testable import Runtime

@Suite("Checking a site")
struct SiteCheckerTests {
    @Test("Every service looks at its configuration without being started, and what it says is told with its manifest")
    func problems() async throws {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: test\nplugins: {folders: [\(try CLibrary.probe.get().path)]}\n")
        try folder.write("services/a.yaml", "service: a\nlibrary: probe\nsubscribe: [/pmu/#]\npublish: [grid/state]\nconfig: {mode: echo}\n")
        try folder.write("services/b.yaml", "service: b\nlibrary: probe\nenabled: false\nsubscribe: [grid/+]\nconfig: {mode: bad-config}\n")
        try folder.write("services/c.yaml", "service: c\nlibrary: probe\npublish: [out/#]\nconfig: {mode: publish-in-check}\n")
        try folder.write("services/d.yaml", "service: d\nlibrary: probe\nconfig: {}\n")
        let report = await SiteChecker(hostVersion: "1", logger: ProbeSite.logger).check(folder: folder.path)
        #expect(report.problems.map { $0.description.replacing(folder.path + "/", with: "") } == [
            "services/b.yaml:5: configure failed: 'mode' is bad",
            "services/c.yaml:4: configure failed: publishing was refused",
            "services/d.yaml:3: configure failed: config: there is no 'mode' (got nothing at 'mode'; add it under 'config' in the manifest)",
        ])
        #expect(report.topicGraph == """
            topics
              (devices)  -> /pmu/#  -> a
              a          -> grid/+  -> b
              c          -> out/#   -> (no service)

            """)
    }

    @Test("A site that can't be read has its problems and no graph")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        let report = await SiteChecker(hostVersion: "1", logger: ProbeSite.logger).check(folder: folder.path)
        #expect(report.problems.count == 1 && report.topicGraph.isEmpty)
    }

    @Test("Time series join those that write a measurement with those that read it")
    func measurements() throws {
        let folder = try TemporaryFolder()
        try folder.write("site.yaml", "site: test\n")
        try folder.write("services/a.yaml", "service: a\nlibrary: x\ntimeseries: {write: [{database: d, measurement: pmu}, {database: d, measurement: log}]}\n")
        try folder.write("services/b.yaml", "service: b\nlibrary: x\ntimeseries: {read: [{database: d, measurement: pmu}, {database: e, measurement: \"*\"}]}\n")
        let graph = TopicGraph(services: try SiteFolder.load(folder.path).services)
        #expect(graph.measurements == [
            .init(source: "a", over: "d.pmu", target: "b"), .init(source: nil, over: "e.*", target: "b"),
            .init(source: "a", over: "d.log", target: nil),
        ])
    }
}

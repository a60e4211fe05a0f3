public import Grid
public import PluginAPI

/// The grid model that a service's configuration names, read from CIM.
public struct GridFiles: Sendable {
    /// Files, archives and folders.
    public let paths: [String]

    /// Reads the key `grid`: one path or a list of them.
    /// - Throws: ``Status/invalidConfiguration`` where it is missing.
    public init(_ object: ConfigurationObject) throws(ServiceError) {
        guard let paths = try object.texts("grid"), !paths.isEmpty else {
            throw .invalidConfiguration(
                "\(object.path).grid is missing: list the CIM files of the grid, for example [\"${SITE}/grid/feeder_EQ.xml\", …]")
        }
        self.paths = paths
    }

    /// Reads the model. What could not be used is logged: a sentence each, at most twenty, and how many more there are.
    /// - Throws: ``Status/invalidConfiguration`` where nothing comes of the files that could be calculated with.
    public func load(_ log: Log) throws(ServiceError) -> Network {
        let read = CIMReader().read(paths: paths)
        let telling = read.problems.filter { $0.severity > .note }
        for problem in telling.prefix(Self.mostProblems) { log.warning("grid: \(problem)") }
        if telling.count > Self.mostProblems { log.warning("grid: \(telling.count - Self.mostProblems) more problems of the kind") }
        guard !read.network.nodes.isEmpty else {
            let reason = telling.first.map { ", the first problem is: \($0)" } ?? ""
            throw .invalidConfiguration("no grid comes of \(paths.joined(separator: ", "))\(reason)")
        }
        guard !read.network.externalGrids.isEmpty else {
            throw .invalidConfiguration(
                "the grid of \(paths.joined(separator: ", ")) has no external grid: nothing in it would be energised (expected an "
                    + "ExternalNetworkInjection or EnergySource)")
        }
        log.info("grid: \(read.network.nodes.count) nodes, \(read.network.lines.count) lines, \(read.network.switches.count) switches")
        return read.network
    }

    private static let mostProblems = 20
}

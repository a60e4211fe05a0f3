/// Reads grid models from CIM RDF/XML: CGMES 2.4.15 and 3.0 (CIM16, CIM17), and CIM100 as GridAPPS-D writes it.
///
/// Files are streamed; what grows with them is the statements of the classes that the network needs. Nothing that a file holds makes
/// it fail: what cannot be used is left out and told, with file, line and mRID.
public struct CIMReader: Sendable {
    /// Bounds on what a file may ask for.
    public struct Limits: Sendable {
        /// XML bytes of all files together, unpacked.
        public var totalBytes = 2 << 30
        /// Bytes of one zip archive as it lies on the disk.
        public var archiveBytes = 512 << 20
        public var archiveEntries = 1000
        /// How many times its packed size an entry of an archive may unpack to. Grid models pack to a twentieth or a fortieth; deflate could give
        /// a thousand times.
        public var archiveRatio = 250
        public var depth = 32
        public var textBytes = 1 << 16
        public var identifierBytes = 512
        /// Different unknown classes that are counted by name.
        public var unknownClasses = 1000
        /// Problems that are kept; the rest is counted.
        public var problems = 10_000

        public init() {}
    }

    /// What quantities are written in.
    public enum Units: Sendable {
        /// By namespace and header: CIM100 without a model header is SI, all else as CGMES.
        case automatic
        /// Volt, ampere, watt, metre: GridAPPS-D.
        case si
        /// Kilovolt, ampere, megawatt, kilometre: CGMES.
        case kilo
    }

    public var limits = Limits()
    public var units = Units.automatic
    /// Nominal frequency in hertz; CIM does not tell it. Nil: 60 for GridAPPS-D's files, 50 for all others.
    public var frequencyHertz: Double?

    public init() {}

    /// One piece of input.
    public enum Source: Sendable {
        /// A file (XML or zip), or a folder whose XML and zip files are read in the order of their names.
        case path(String)
        /// The bytes of a file (XML or zip) with the name that problems call it by.
        case bytes(name: String, [UInt8])
    }

    /// Reads all sources as one model: equipment, topology, steady state, state variables, diagram.
    public func read(_ sources: [Source]) -> CIMImport {
        let log = ProblemLog(limit: limits.problems)
        let store = RDFStore(log: log)
        var session = ReadingSession(reader: self, store: store)
        for source in sources { session.read(source) }
        return session.finish()
    }

    /// Reads files and folders as one model.
    public func read(paths: [String]) -> CIMImport { read(paths.map { .path($0) }) }
}

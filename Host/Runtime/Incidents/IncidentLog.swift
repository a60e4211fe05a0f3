internal import Glibc
internal import Synchronization

/// The incidents of one service, newest first: in memory, and each as a file in `incidents/<service>` of the data folder, so that they
/// are still there after a restart of the host.
final class IncidentLog: Sendable {
    /// How many are kept.
    static let limit = 50

    private let parent: String
    private let folder: String
    private let incidents: Mutex<[Incident]>

    /// Reads those that are there; a file that can't be read is passed over.
    init(dataFolder: String, service: String) {
        parent = SiteFolder.join(dataFolder, "incidents")
        folder = "\(parent)/\(service)"
        let names = (try? HostFiles.names(in: folder)) ?? []
        let read = names.filter { $0.hasSuffix(".json") }.suffix(Self.limit).compactMap { [folder] name -> Incident? in
            guard let bytes = try? HostFiles.read("\(folder)/\(name)"), let document = try? JSONReader.parse(bytes) else { return nil }
            return Incident(document)
        }
        incidents = Mutex(read.sorted { $0.time > $1.time })
    }

    /// Newest first.
    var all: [Incident] { incidents.withLock { $0 } }

    /// Keeps an incident.
    /// - Returns: why it could not be written, or `nil`; it is kept in memory in any case.
    func add(_ incident: Incident) -> String? {
        let forgotten = incidents.withLock { incidents in
            incidents.insert(incident, at: 0)
            return incidents.count > Self.limit ? incidents.removeLast() : nil
        }
        mkdir(parent, 0o755)
        mkdir(folder, 0o755)
        if let forgotten { unlink(path(of: forgotten)) }
        do throws(HostFiles.Failure) {
            try HostFiles.replace(path(of: incident), with: Array((incident.json + "\n").utf8))
            return nil
        } catch {
            return error.description
        }
    }

    private func path(of incident: Incident) -> String { "\(folder)/\(incident.time).json" }
}

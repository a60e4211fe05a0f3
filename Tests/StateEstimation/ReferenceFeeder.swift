import Glibc

/// The IEEE 13 node feeder as GridAPPS-D writes it, which is not part of the repository.
enum ReferenceFeeder {
    /// The file beside the repository or in `DSOTP_REFERENCE_DATA`; nil, and told, where it is not there.
    static let path: String? = {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let folder = getenv("DSOTP_REFERENCE_DATA").map { String(cString: $0) } ?? root + "/../shared/data"
        let file = folder + "/cim/gridappsd_cim100/IEEE13_Assets.xml"
        if access(file, R_OK) == 0 { return file }
        print("SKIPPED: no \(file); set DSOTP_REFERENCE_DATA to estimate the feeder of GridAPPS-D")
        return nil
    }()
}

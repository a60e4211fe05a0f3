internal import Glibc
internal import StreamedXML

/// The reading of one set of files.
struct ReadingSession {
    let reader: CIMReader
    let store: RDFStore
    private var byteCount = 0
    private var unknownClasses: [String: Int] = [:]
    private var profiles: [String] = []
    private var scenarioTime: String?
    private var hasHeader = false
    private var namespace: String?
    private var documents = 0

    init(reader: CIMReader, store: RDFStore) {
        self.reader = reader
        self.store = store
    }

    mutating func read(_ source: CIMReader.Source) {
        switch source {
        case .path(let path): readPath(path)
        case .bytes(let name, let bytes):
            if ZipArchive.isZip(bytes) {
                readArchive(bytes, name: name)
            } else {
                readDocument(name: name) { push in _ = bytes.withUnsafeBufferPointer(push) }
            }
        }
    }

    private mutating func readPath(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            store.log.add(.error, file: path, "it cannot be read: \(String(cString: strerror(errno))); give an existing file")
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in Self.files(in: path) { readPath("\(path)/\(name)") }
            return
        }
        guard let file = fopen(path, "rb") else {
            store.log.add(.error, file: path, "it cannot be read: \(String(cString: strerror(errno)))")
            return
        }
        defer { fclose(file) }
        var start = [UInt8](repeating: 0, count: 4)
        let isArchive = fread(&start, 1, 4, file) == 4 && ZipArchive.isZip(start)
        rewind(file)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if isArchive {
            readArchiveFile(file, size: Int(status.st_size), name: name)
        } else {
            readDocument(name: name) { push in Self.stream(file, push) }
        }
    }

    private static func files(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let lower = name.lowercased()
            if lower.hasSuffix(".xml") || lower.hasSuffix(".zip") || lower.hasSuffix(".rdf") { names.append(name) }
        }
        return names.sorted()
    }

    private static func stream(_ file: UnsafeMutablePointer<FILE>, _ push: (UnsafeBufferPointer<UInt8>) -> Bool) {
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            guard count > 0 else { return }
            let goesOn = piece.withUnsafeBufferPointer { push(UnsafeBufferPointer(rebasing: $0[0..<count])) }
            if !goesOn { return }
        }
    }

    private mutating func readArchiveFile(_ file: UnsafeMutablePointer<FILE>, size: Int, name: String) {
        guard size <= reader.limits.archiveBytes else {
            store.log.add(.error, file: name, "the archive has \(size) bytes, at most \(reader.limits.archiveBytes) are read; unpack it")
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        Self.stream(file) { piece in
            bytes.append(contentsOf: piece)
            return bytes.count <= size
        }
        readArchive(bytes, name: name)
    }

    private mutating func readArchive(_ bytes: [UInt8], name: String) {
        do throws(ZipArchive.Failure) {
            let archive = try ZipArchive(bytes, maximumEntries: reader.limits.archiveEntries)
            for entry in archive.entries.sorted(by: { $0.name < $1.name }) where entry.name.lowercased().hasSuffix(".xml") {
                readEntry(entry, of: archive, name: "\(name)/\(entry.name)")
            }
        } catch {
            tell(error, name)
        }
    }

    private mutating func readEntry(_ entry: ZipArchive.Entry, of archive: ZipArchive, name: String) {
        var failure: ZipArchive.Failure?
        let ratio = reader.limits.archiveRatio
        readDocument(name: name) { push in
            do throws(ZipArchive.Failure) {
                try archive.unpack(entry, maximumRatio: ratio, push)
            } catch {
                failure = error
            }
        }
        if let failure { tell(failure, name) }
    }

    private func tell(_ failure: ZipArchive.Failure, _ name: String) {
        guard case .damaged(let why) = failure else { return }
        store.log.add(.error, file: name, why)
    }

    /// Reads one XML document whose pieces `feed` pushes.
    private mutating func readDocument(name: String, _ feed: ((UnsafeBufferPointer<UInt8>) -> Bool) -> Void) {
        documents += 1
        let handler = RDFHandler(store: store, file: store.addFile(name), fileName: name, limits: reader.limits)
        guard let stream = XMLStream(handler: handler, fileName: name) else {
            store.log.add(.error, file: name, "there is no memory to read it")
            return
        }
        var count = 0
        var isTooLong = false
        let left = reader.limits.totalBytes - byteCount
        feed { piece in
            guard count + piece.count <= left else {
                isTooLong = true
                return false
            }
            count += piece.count
            return stream.push(piece)
        }
        byteCount += count
        if isTooLong {
            store.log.add(
                .error, file: name,
                "all files together have more than \(reader.limits.totalBytes) bytes, reading stopped here; raise the limit if the grid is that large")
        } else if count == 0 {
            store.log.add(.error, file: name, "it is empty")
        } else if let failure = stream.finish() {
            let rest = handler.refusal == nil ? "; all before this line was read" : ""
            store.log.add(.error, file: name, line: failure.line, failure.sentence + rest)
        }
        take(handler, name: name)
    }

    private mutating func take(_ handler: RDFHandler, name: String) {
        unknownClasses.merge(handler.unknownClasses, uniquingKeysWith: +)
        profiles += handler.profiles
        scenarioTime = handler.scenarioTime ?? scenarioTime
        hasHeader = hasHeader || handler.hasHeader
        namespace = namespace ?? handler.namespace
        if handler.refusal == nil, handler.sawRoot, handler.namespace == nil, !handler.hasHeader {
            store.log.add(
                .error, file: name, "it has no element of a CIM namespace (http://iec.ch/TC57/…); check that it is a CIM file and which edition")
        }
    }

    func finish() -> CIMImport {
        if documents == 0 {
            store.log.add(.error, file: "all files", "no file was given to read; name files that end with .xml or .zip")
        }
        for (name, count) in unknownClasses.sorted(by: { $0.key < $1.key }) {
            store.log.add(.note, file: "all files", "\(count) objects of class \(name) are not used, the reader does not know it")
        }
        let isSI = switch reader.units {
        case .si: true
        case .kilo: false
        case .automatic: namespace?.contains("CIM100") == true && !hasHeader
        }
        var builder = NetworkBuilder(
            store: store, units: isSI ? .si : .kilo, frequencyHertz: reader.frequencyHertz ?? (isSI ? 60 : 50))
        let network = builder.build()
        return CIMImport(
            network: network, problems: store.log.finish(), unknownClasses: unknownClasses, objectCount: store.objectCount,
            byteCount: byteCount, profiles: profiles, scenarioTime: scenarioTime)
    }
}

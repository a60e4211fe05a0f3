internal import Glibc

/// Tells what happens in a set of folders (inotify(7)). A folder that is not there is waited for in the nearest one above it that is.
/// One thread uses it.
final class FolderWatch {
    /// Something that happened to a file of a folder.
    struct Event: Hashable {
        enum Kind {
            /// It is being written: nothing of it is to be believed before it is complete.
            case writing
            /// A writer has closed it, or it has come whole under its name.
            case complete
            /// It is gone, or something about it or its folder is different.
            case other
            /// The kernel has lost events.
            case overflow
        }
        /// Below the folder's canonical path.
        let path: String
        let kind: Kind
    }

    /// Becomes readable when there are events.
    let descriptor: Int32
    private var wanted: Set<String> = []
    private var watched: [Int32: String] = [:]
    private static let mask = UInt32(IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)

    /// `nil` if the system gives no descriptor.
    init?() {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Watches these folders and no others.
    func watch(_ folders: Set<String>) {
        wanted = folders
        refresh()
    }

    /// Watches what has come, and lets go of what is not wanted.
    private func refresh() {
        let targets = Set(wanted.map(Self.nearest))
        for (number, folder) in watched where !targets.contains(folder) {
            inotify_rm_watch(descriptor, number)
            watched[number] = nil
        }
        for folder in targets where !watched.values.contains(folder) {
            let number = inotify_add_watch(descriptor, folder, Self.mask)
            if number >= 0 { watched[number] = folder }
        }
    }

    /// A path as events tell it: its folder without links and dots.
    static func told(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return SiteFolder.join(HostFiles.canonical(folder) ?? folder, String(path[path.index(after: slash)...]))
    }

    /// The folder, or the nearest above it that is there, by its canonical path.
    private static func nearest(_ folder: String) -> String {
        var folder = folder
        while !HostFiles.isFolder(folder) {
            guard let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else { return folder.hasPrefix("/") ? "/" : "." }
            folder = String(folder[..<slash])
        }
        return HostFiles.canonical(folder) ?? folder
    }

    /// The events that have come, oldest first; does not wait.
    func read() -> [Event] {
        var events: [Event] = []
        var isMoved = false
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 8) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                var offset = 0
                let header = MemoryLayout<inotify_event>.size
                while offset + header <= count {
                    let event = (buffer.baseAddress.unsafelyUnwrapped + offset).loadUnaligned(as: inotify_event.self)
                    let name = UnsafeRawBufferPointer(rebasing: buffer[(offset + header)..<(offset + header + Int(event.len))])
                    if let told = tell(event, name: String(decoding: name.prefix { $0 != 0 }, as: UTF8.self), &isMoved) { events.append(told) }
                    offset += header + Int(event.len)
                }
            }
        }
        // A folder that appeared where one is waited for, or that another has taken the place of.
        if isMoved || watched.count < Set(wanted.map(Self.nearest)).count || !Set(watched.values).isSubset(of: Set(wanted.map(Self.nearest))) { refresh() }
        return events
    }

    private func tell(_ event: inotify_event, name: String, _ isMoved: inout Bool) -> Event? {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return Event(path: "", kind: .overflow) }
        guard let folder = watched[event.wd] else { return nil }
        if event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 {
            inotify_rm_watch(descriptor, event.wd)
            watched[event.wd] = nil
            isMoved = true
            return Event(path: folder, kind: .other)
        }
        let path = SiteFolder.join(folder, name)
        if event.mask & UInt32(IN_CREATE) != 0, event.mask & UInt32(IN_ISDIR) != 0 { isMoved = true }
        if event.mask & UInt32(IN_CLOSE_WRITE | IN_MOVED_TO) != 0 { return Event(path: path, kind: .complete) }
        if event.mask & UInt32(IN_MODIFY) != 0 { return Event(path: path, kind: .writing) }
        // A new file that is empty is about to be written, or is closed empty, which is told too.
        if event.mask & UInt32(IN_CREATE) != 0, FileSignature(path)?.isEmpty == true { return Event(path: path, kind: .writing) }
        return Event(path: path, kind: .other)
    }
}

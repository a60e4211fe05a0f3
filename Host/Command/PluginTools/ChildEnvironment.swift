internal import Glibc

/// The environment of a process that runs a library which may crash.
enum ChildEnvironment {
    /// That of this process; freed memory is overwritten, so that using it shows, and a crash is an answer, of which no backtrace is wanted:
    /// it would take seconds.
    static var words: [String] {
        let own = ["MALLOC_PERTURB_=165", "SWIFT_BACKTRACE=enable=no"]
        let names = own.map { $0.prefix { $0 != "=" } + "=" }
        var words: [String] = []
        var place = environ
        while let word = place.pointee {
            let text = String(cString: word)
            if !names.contains(where: { text.hasPrefix($0) }) { words.append(text) }
            place += 1
        }
        return words + own
    }
}

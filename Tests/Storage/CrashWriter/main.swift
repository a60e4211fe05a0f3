import Glibc
import Storage

// Writes points with the times 0, 1, 2, … into the store in the folder of the first argument, starting at the second, and
// prints a number each time that everything below it is durable. Ends only by being killed.
let folder = CommandLine.arguments[1]
var next = Int64(CommandLine.arguments[2]) ?? 0

var options = EmbeddedStoreOptions()
options.pointsPerChunk = 64
options.largestJournalBytes = 20_000
options.commitIntervalMilliseconds = 1
let store = try EmbeddedStore(folder: folder, options: options)
try store.createDatabase("crash")

let columns = try (0..<5).map { device in
    try store.resolve(
        ColumnIdentity(database: "crash", measurement: "pmu", tags: [Tag("device", "\(device)")], field: "value"), type: .float)
}

while true {
    let times = (next..<next + 7).map { $0 }
    var tickets: [CommitTicket] = []
    for column in columns {
        tickets.append(
            try store.write(
                PointColumns(
                    handles: times.map { _ in column }, times: times, values: .float(times.map { Double($0) / 4 }))))
    }
    next += 7
    let acknowledged = next
    if let last = tickets.last {
        store.whenDurable(last) { error in
            guard error == nil else { return }
            let line = "\(acknowledged)\n"
            _ = line.withCString { write(1, $0, strlen($0)) }
        }
    }
    if next % 70 == 0 { usleep(500) }
}

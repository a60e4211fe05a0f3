/// Numbers by the time at which they are due: a binary heap. An entry whose time no longer holds is for the taker to pass over.
struct DueQueue {
    private struct Entry {
        let time: Int64
        let number: UInt64

        static func < (left: Entry, right: Entry) -> Bool { (left.time, left.number) < (right.time, right.number) }
    }
    private var heap: [Entry] = []

    var count: Int { heap.count }
    var earliest: Int64? { heap.first?.time }

    mutating func insert(_ number: UInt64, at time: Int64) {
        heap.append(Entry(time: time, number: number))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The number that is due first, if that is not after `now`.
    mutating func take(until now: Int64) -> (number: UInt64, time: Int64)? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.number, first.time) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.number, first.time)
    }

    /// Leaves out the entries that `isCurrent` does not vouch for.
    mutating func prune(_ isCurrent: (UInt64, Int64) -> Bool) {
        let kept = heap.filter { isCurrent($0.number, $0.time) }
        heap = kept.sorted { $0 < $1 }
    }
}

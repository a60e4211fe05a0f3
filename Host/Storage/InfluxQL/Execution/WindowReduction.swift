/// Distributes runs of points over windows, with a reducer for each window that has points.
struct WindowReduction {
    let windows: TimeWindows
    let factory: ReducerFactory
    /// The windows in the order in which they were met.
    private(set) var starts: [Int64] = []
    /// One for each of ``starts``.
    private(set) var reducers: [WindowReducer] = []
    private var byStart: [Int64: Int] = [:]
    /// The window of the last point, and from where to where it lasts.
    private var current = 0
    private var start = Int64.max
    private var end = Int64.min

    init(windows: TimeWindows, factory: ReducerFactory) {
        self.windows = windows
        self.factory = factory
    }

    /// Takes in a run, ascending in time, of one member of the group.
    mutating func add(_ run: borrowing PointRun, member: Int) {
        let times = run.times
        var position = 0
        while position < times.count {
            if times[position] < start || times[position] >= end { open(times[position]) }
            let stop = stop(times, from: position)
            reducers[current].add(run, position..<stop, member: member)
            position = stop
        }
    }

    /// The index after the last time of the current window.
    private func stop(_ times: [Int64], from position: Int) -> Int {
        if let last = times.last, last < end { return times.count }
        var stop = position + 1
        times.withUnsafeBufferPointer { while stop < $0.count, $0[stop] < end { stop += 1 } }
        return stop
    }

    private mutating func open(_ time: Int64) {
        (start, end) = windows.window(at: time)
        if let known = byStart[start] {
            current = known
            return
        }
        current = reducers.count
        byStart[start] = current
        starts.append(start)
        reducers.append(factory.reducer())
    }
}

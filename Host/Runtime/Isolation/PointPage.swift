internal import CPluginAPI

/// Points of one column on their way to a runner, gathered from the store's runs.
final class PointPage {
    /// Points of a page, and about as many bytes of texts as a frame of floats of that length would have.
    static let limit = 16_384
    private static let byteLimit = 1 << 20

    private var type: UInt32 = 0
    private var times: [Int64] = []
    private var qualities: [UInt32] = []
    private var hasQualities = false
    private let values = FrameWriter()

    /// Takes points of a run; true if the page has room for more.
    func add(_ run: dsotp_run) -> Bool {
        type = run.value_type
        let count = Int(run.count)
        guard count > 0, let runTimes = run.times else { return true }
        var taken = count
        switch PointType(rawValue: type) {
        case .text:
            let texts = run.values.assumingMemoryBound(to: dsotp_host_bytes.self)
            taken = 0
            while taken < count, taken == 0 || values.count < Self.byteLimit {
                values.append(lent: texts[taken])
                taken += 1
            }
        case .boolean: values.append(raw: UnsafeRawBufferPointer(start: run.values, count: count))
        default: values.append(raw: UnsafeRawBufferPointer(start: run.values, count: count * 8))
        }
        times.append(contentsOf: UnsafeBufferPointer(start: runTimes, count: taken))
        if let given = run.qualities {
            hasQualities = true
            qualities.append(contentsOf: UnsafeBufferPointer(start: given, count: taken))
        } else {
            qualities.append(contentsOf: repeatElement(0, count: taken))
        }
        return taken == count && values.count < Self.byteLimit
    }

    func write(to frame: FrameWriter) {
        frame.append(type)
        frame.append(UInt32(times.count))
        frame.append(UInt32(hasQualities ? 1 : 0))
        frame.align()
        times.withUnsafeBytes { frame.append(raw: $0) }
        frame.append(raw: values.bytes)
        frame.align()
        if hasQualities { qualities.withUnsafeBytes { frame.append(raw: $0) } }
    }
}

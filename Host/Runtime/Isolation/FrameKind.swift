/// What a frame between host and runner is about. A frame is `u32` count of the body's bytes (a multiple of 8), `u32` kind, body; all
/// numbers in the machine's own order, since both ends are the same executable.
enum FrameKind: UInt32 {
    // Host to runner, on the control channel; each is answered by `returned` before the next.
    case create = 1
    case configure, start, messages, request, timer, drain, stop, destroy, health, saveState, loadState
    case outcomes = 20
    /// Runner to host, on the control channel: the callback returned.
    case returned = 32
    // Runner to host, on the call channel, each answered by `reply`.
    case publish = 64
    case resolve, write, sync, find, read
    case memoryGet, memoryPut, memoryRemove, memoryVisit
    case declareMetric, setTimer, addRoute, setSchemas, respond
    case submitCommands = 84
    case renewCommand, cancelCommand, commandDevice
    // Runner to host, on the call channel, not answered.
    case log = 96
    case metrics, cancelTimer
    /// Host to runner, on the call channel.
    case reply = 128
}

/// Bytes that are not a frame that we would write: the other side is broken or lies.
struct MalformedFrame: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The connection to the other side can't be used any more.
struct ChannelClosed: Error {
    /// The other side is there, but did not read in time.
    var isOverdue = false
}

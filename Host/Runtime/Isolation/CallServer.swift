internal import CPluginAPI
internal import Glibc
internal import Logging

/// Serves the calls that a runner makes, on a thread of its own, and sees the runner's end.
///
/// Each call is made again on the tables that a service in this process calls: what the manifest does not permit there is not
/// permitted here, whatever the runner says. A frame that a runner would not send is the end of it.
final class CallServer: @unchecked Sendable {
    // @unchecked: after `start` the one thread alone uses it; `process` and `context` guard themselves.

    let context: ServiceContext
    private let process: RunnerProcess
    private let channel: Channel
    private let frame = FrameWriter()
    private let memoryLimit: Int?
    private var nextLook: Int64 = 0
    /// Messages of one publish, kept for their memory.
    var publications: [dsotp_publication] = []
    /// Points with texts, kept for their memory.
    var texts: [dsotp_plugin_bytes] = []

    /// Bytes of the largest call.
    static let limit = 64 << 20

    init(process: RunnerProcess, context: ServiceContext) {
        self.process = process
        self.context = context
        channel = Channel(descriptor: process.calls, limit: Self.limit)
        memoryLimit = context.manifest.limits.memory
    }

    /// Starts the thread; false if the system has none to give.
    func start() -> Bool { ServiceThread.start(name: "calls") { self.run() } }

    private func run() {
        var isServing = true
        var polls = [
            pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0), pollfd(fd: process.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: process.calls, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let patience: Int32 = memoryLimit == nil ? 500 : 20
            let count = poll(&polls, nfds_t(isServing ? 3 : 2), patience)
            if count < 0, errno == EINTR { continue }
            if polls[1].revents != 0 { process.readOutput() }
            // At the end of the output there is nothing more to be told of it.
            if polls[1].revents & Int16(POLLHUP) != 0 { polls[1].fd = -1 }
            if isServing, polls[2].revents != 0 { isServing = serveWaiting() }
            if polls[0].revents != 0 { break }
            look()
        }
        process.collect(memoryLimit: memoryLimit)
        // The service's thread may be asleep: it has to see that its runner is gone.
        context.signal.wake()
    }

    /// Looks at the runner's memory, no more often than every few milliseconds, however many calls come.
    private func look() {
        let now = MachineClock.monotonic()
        guard now >= nextLook else { return }
        nextLook = now + (memoryLimit == nil ? 500_000_000 : 10_000_000)
        process.notePeakMemory()
        if let memoryLimit, process.residentMemory > memoryLimit { process.kill(.memory(limit: memoryLimit)) }
    }

    /// Serves what has arrived; false at the end of the connection.
    private func serveWaiting() -> Bool {
        do {
            repeat {
                let (kind, body) = try channel.receive()
                var reader = FrameReader(body)
                if try serve(kind, &reader, reply: frame) {
                    frame.finish()
                    do throws(ChannelClosed) {
                        try channel.send(frame)
                    } catch {
                        if error.isOverdue { process.kill(.malformed("it did not take the answer to a call within 10 s")) }
                        throw error
                    }
                }
            } while channel.hasFrame
            return true
        } catch Channel.Failure.malformed(let error) {
            process.kill(.malformed(error.description))
        } catch let error as MalformedFrame {
            process.kill(.malformed(error.description))
        } catch {
            // The runner is gone or has closed its connection: its process's end says more.
        }
        return false
    }

    /// Makes one call; true if there is a reply to send.
    private func serve(_ kind: FrameKind, _ body: inout FrameReader, reply: FrameWriter) throws(MalformedFrame) -> Bool {
        switch kind {
        case .publish: try publish(&body, reply)
        case .resolve: try resolve(&body, reply)
        case .write: try write(&body, reply)
        case .sync: try sync(&body, reply)
        case .find: try find(&body, reply)
        case .read: try read(&body, reply)
        case .memoryGet: try memoryGet(&body, reply)
        case .memoryPut: try memoryPut(&body, reply)
        case .memoryRemove: try memoryRemove(&body, reply)
        case .memoryVisit: try memoryVisit(&body, reply)
        case .declareMetric: try declareMetric(&body, reply)
        case .setTimer: try setTimer(&body, reply)
        case .addRoute: try addRoute(&body, reply)
        case .setSchemas: try setSchemas(&body, reply)
        case .respond: try respond(&body, reply)
        case .submitCommands: try submitCommands(&body, reply)
        case .renewCommand: try renewCommand(&body, reply)
        case .cancelCommand: try cancelCommand(&body, reply)
        case .commandDevice: try commandDevice(&body, reply)
        case .log: try log(&body); return false
        case .metrics: try metrics(&body); return false
        case .cancelTimer: try cancelTimer(&body); return false
        default: throw MalformedFrame("a frame of the kind \(kind) is not a call")
        }
        return true
    }

    /// Makes a call with a place for its error and writes how it ended; true if it succeeded.
    @discardableResult
    func answer(_ reply: FrameWriter, _ call: (UnsafeMutablePointer<dsotp_error>) -> dsotp_status?) -> Bool {
        var error = dsotp_error()
        error.size = UInt32(MemoryLayout<dsotp_error>.size)
        let status = withUnsafeMutablePointer(to: &error) { call($0) } ?? dsotp_status(DSOTP_UNSUPPORTED)
        reply.begin(.reply)
        reply.append(outcome: status == DSOTP_OK ? nil : ServiceFault(taking: error, status: status))
        return status == DSOTP_OK
    }
}

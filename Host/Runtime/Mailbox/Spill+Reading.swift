internal import CPluginAPI
internal import Glibc
internal import Logging
internal import Synchronization

/// The service's end of a spill.
extension Spill {
    /// Where the service is when it is done with a batch.
    struct Position {
        let file: SpillFile
        let offset: Int
    }

    /// The next messages in their order, at most a batch, in a segment that is good until the next call; `nil` if there are none now.
    ///
    /// - Parameter match: the index of the subscription that a message of an earlier run belongs to now, `nil` if to none: it is passed over.
    /// - Returns: the segment, how many messages it holds, and how many were passed over.
    func next(match: (UnsafeRawBufferPointer) -> Int?) -> (segment: MailboxSegment, count: Int, replayed: Int, skipped: Int)? {
        guard isReadable else { return nil }
        while let (file, end, isLast) = currentFile() {
            if cursor < file.consumed { cursor = file.consumed }
            guard cursor < end else {
                if isLast { return nil }
                leave(file)
                continue
            }
            guard let size = readOrPause(file, end: end) else { return nil }
            guard size > 0 else {
                skipDamage(file)
                continue
            }
            return take(size, from: file, match)
        }
        return nil
    }

    /// Whether there is something to read and it is time to.
    var isReadable: Bool {
        guard readable.load(ordering: .sequentiallyConsistent) > 0 else { return false }
        let pause = readPause.load(ordering: .relaxed)
        return pause == 0 || MachineClock.monotonic() >= pause
    }

    /// Fills the segment; `nil` if the disk does not give what is there: that is said, and tried again after a pause.
    private func readOrPause(_ file: SpillFile, end: Int) -> Int? {
        do throws(HostFiles.Failure) {
            let size = try fill(from: file, end: end)
            if readPause.exchange(0, ordering: .relaxed) != 0 { note(nil) }
            return size
        } catch {
            readPause.store(MachineClock.monotonic() + Self.pause, ordering: .relaxed)
            note(error.description)
            return nil
        }
    }

    private func note(_ readProblem: String?) {
        state.withLock { $0.readProblem = readProblem }
        complain()
    }

    private func currentFile() -> (file: SpillFile, end: Int, isLast: Bool)? {
        state.withLock { state in
            guard let file = state.files.first(where: { !$0.isRead }) else { return nil }
            return (file, file.end, state.files.last === file && file.run == run)
        }
    }

    /// Goes on to the next file.
    private func leave(_ file: SpillFile) {
        cursor = 0
        state.withLock { _ in file.isRead = true }
        removeIfDone(file)
    }

    /// Reads as many whole records as a batch holds into the segment's bytes; returns how many bytes they are, 0 if there is damage.
    private func fill(from file: SpillFile, end: Int) throws(HostFiles.Failure) -> Int {
        while true {
            let room = UnsafeMutableRawBufferPointer(start: readSegment.arena, count: min(readSegment.byteCapacity, end - cursor))
            let count = try file.read(into: room, at: cursor)
            let walk = SpillRecord.walk(UnsafeRawBufferPointer(rebasing: room[..<count]), atMost: Self.batchMessages)
            if walk.bytes > 0 { return walk.bytes }
            guard walk.next > readSegment.byteCapacity, walk.next <= end - cursor else { return 0 }
            readSegment = MailboxSegment(messageCapacity: Self.batchMessages, byteCapacity: walk.next)
        }
    }

    private func skipDamage(_ file: SpillFile) {
        let lost = state.withLock { state in
            defer {
                state.waiting -= file.messages
                state.fileBytes -= file.end - cursor
                file.messages = 0
                file.end = cursor
                file.isRead = true
                file.isDamaged = true
            }
            return file.messages
        }
        readable.wrappingSubtract(lost, ordering: .sequentiallyConsistent)
        log.host(.error, "\(file.path) is damaged at byte \(cursor): the \(lost) messages behind can't be read and are lost (it stays as \(file.damagedPath))")
        removeIfDone(file)
        cursor = 0
        complain()
    }

    private func take(
        _ size: Int, from file: SpillFile, _ match: (UnsafeRawBufferPointer) -> Int?
    ) -> (segment: MailboxSegment, count: Int, replayed: Int, skipped: Int) {
        let isOwn = file.run == run
        var offset = 0, count = 0, records = 0
        while offset < size {
            let start = readSegment.arena + offset
            let record = start.loadUnaligned(as: SpillRecord.self)
            let topic = UnsafeRawBufferPointer(start: start + SpillRecord.headerSize, count: Int(record.topicCount))
            let payload = UnsafeRawBufferPointer(start: start + SpillRecord.headerSize + topic.count, count: Int(record.payloadCount))
            offset += Int(record.length)
            records += 1
            if !isOwn { passed += 1 }
            guard let subscription = isOwn ? Int(record.subscription) : match(topic) else { continue }
            (readSegment.messages + count).initialize(
                to: dsotp_message(
                    size: UInt32(MemoryLayout<dsotp_message>.size), subscription: UInt32(truncatingIfNeeded: subscription),
                    topic: topic.lent, payload: payload.lent, received: record.received,
                    sequence: isOwn ? record.sequence : UInt64(passed), qos: record.qos, retained: record.retained,
                    duplicate: isOwn ? record.duplicate : 1, reserved: (0, 0, 0, 0, 0)))
            readSegment.tokens[count] = isOwn ? record.token : MailboxSegment.noToken
            count += 1
        }
        cursor += size
        readSegment.spilled = Position(file: file, offset: cursor)
        state.withLock { state in
            state.waiting -= records
            file.messages -= records
        }
        readable.wrappingSubtract(records, ordering: .sequentiallyConsistent)
        return (readSegment, count, isOwn ? 0 : count, records - count)
    }

    /// The service is done with everything up to `position`.
    func finish(_ position: Position) {
        position.file.consume(to: position.offset)
        removeIfDone(position.file)
        complain()
    }

    /// Removes a file that nothing more is to be done with: one that was read to its end and is not written to any more, or any if nothing
    /// waits behind it.
    private func removeIfDone(_ file: SpillFile) {
        let isDone = state.withLock { state in
            guard file.consumed == file.end, state.waiting == 0 && state.writing == 0 && state.buffer.isEmpty || file.isRead,
                let index = state.files.firstIndex(where: { $0 === file })
            else { return false }
            state.files.remove(at: index)
            state.fileBytes -= file.end
            file.isRead = true
            return true
        }
        if isDone {
            file.remove()
            cursor = 0
        }
    }
}

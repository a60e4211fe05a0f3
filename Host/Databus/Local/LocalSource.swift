import Logging
import NIOCore

/// The publications of one service (or of the broker itself) on their way to the receivers, in order.
final class LocalSource: Publisher {
    private var batches = CircularBuffer<(arena: ByteBuffer, countsAgainstLimit: Bool)>()
    /// Where in the first batch the next message begins.
    private var offset = 0

    /// Whether everything handed in has been routed.
    var isIdle: Bool { batches.isEmpty }

    func append(_ arena: ByteBuffer, countsAgainstLimit: Bool) {
        batches.append((arena, countsAgainstLimit))
        if holds.isEmpty { resume() }
    }

    override func resume() {
        while holds.isEmpty, let first = batches.first {
            let isFinished = first.arena.withUnsafeReadableBytes(publish)
            guard isFinished else { return }
            batches.removeFirst()
            offset = 0
            if first.countsAgainstLimit { core.pendingLocalBytes.release(first.arena.readableBytes) }
        }
    }

    /// Routes the messages of one arena.
    /// - Returns: false when this source is held back before the end.
    private func publish(_ arena: UnsafeRawBufferPointer) -> Bool {
        while holds.isEmpty {
            var next = offset
            guard let packet = PublicationBatch.next(in: arena, at: &next) else { return true }
            switch publish(packet) {
            case .routed: offset = next
            case .parked: return false
            case .refused: return false
            }
        }
        return offset >= arena.count
    }

    private func publish(_ packet: PublishPacket) -> RouteOutcome {
        do throws(TopicFault) {
            let route = try core.route(for: packet.topic)
            if parked == nil { core.traffic.received &+= 1 }
            if let link = core.link, !Link.isLocal(packet.topic) {
                guard link.publish(packet, from: self) else { return .parked }
                // It comes back from the external broker to those who subscribed; what it is to keep, later ones get from here.
                if packet.retain { core.retain(packet, on: route) }
                return .routed
            }
            let outcome = core.route(packet, along: route, from: self)
            if case .refused = outcome { core.wait(self, forRoomAlong: route) }
            return outcome
        } catch {
            core.logger.warning("a local publication was dropped: the topic name \(error)")
            core.traffic.dropped &+= 1
            return .routed
        }
    }
}

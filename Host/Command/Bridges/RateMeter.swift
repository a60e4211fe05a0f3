internal import struct Gateway.ServiceRates
internal import Runtime
internal import Synchronization

/// Rates of the services over the last seconds, from their counters sampled once a second.
final class RateMeter: Sendable {
    private struct Sample {
        let time: ContinuousClock.Instant
        let counters: Runtime.ServiceStatus.Counters
    }

    private let samples = Mutex<[String: [Sample]]>([:])
    private static let keptSamples = 6

    /// Samples until the task is cancelled.
    func run(_ supervisor: ServiceSupervisor) async {
        while !Task.isCancelled {
            let now = ContinuousClock.now
            let list = supervisor.list()
            samples.withLock { samples in
                for status in list {
                    samples[status.service, default: []].append(Sample(time: now, counters: status.counters))
                    if samples[status.service, default: []].count > Self.keptSamples { samples[status.service]?.removeFirst() }
                }
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// The rates of a service over the samples kept, some five seconds.
    func rates(of service: String) -> ServiceRates {
        guard let kept = samples.withLock({ $0[service] }), let first = kept.first, let last = kept.last, last.time > first.time else {
            return ServiceRates()
        }
        let seconds = (last.time - first.time) / .seconds(1)
        func rate(_ counter: KeyPath<Runtime.ServiceStatus.Counters, UInt64>) -> Double {
            let (begin, end) = (first.counters[keyPath: counter], last.counters[keyPath: counter])
            return end > begin ? Double(end - begin) / seconds : 0
        }
        return ServiceRates(
            received: rate(\.received), processed: rate(\.processed), published: rate(\.published), pointsWritten: rate(\.points))
    }
}

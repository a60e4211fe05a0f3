import Balancing
import Glibc
import LinearProgramming
import PluginAPI

/// The thread on which plans are made, so that the service's own thread never waits for a solver. Of a community only the newest problem counts: it
/// takes the place of one that waits, and cancels one that is being solved.
///
/// @unchecked: everything below `mutex` is guarded by it.
final class PlanWorker: @unchecked Sendable {
    /// What is to be done; the answer carries the same number.
    struct Job: Sendable {
        enum Work: Sendable {
            /// A plan for the community's schedule, begun with the basis of its last.
            case schedule(BalancingProblem, firstStep: Int)
            /// A plan for somebody who asked.
            case single(BalancingProblem)
            /// A request of pymfm.
            case pymfm(PymfmDocument)
        }

        let number: UInt64
        /// Empty for what belongs to no community.
        let community: String
        let work: Work
        let limits: SolveLimits
    }

    struct Answer: Sendable {
        enum Content: Sendable {
            case plan(Plan)
            case json([UInt8])
            case failure(BalancingError)
        }

        let job: UInt64
        let community: String
        let content: Content
        let seconds: Double
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Job] = []
    private var working: (job: Job, cancellation: Cancellation)?
    private var answers: [Answer] = []
    private var isEnding = false
    private var schedulers: [String: Scheduler] = [:]

    /// Answers that nobody waits for any more are few: a queue of asked plans is bounded.
    static let longestQueue = 64

    init() throws(BalancingWorkerError) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<PlanWorker>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard failure == 0 else { throw BalancingWorkerError(number: failure) }
        pthread_detach(thread)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Takes a job; false if too many wait.
    func submit(_ job: Job) -> Bool {
        locked {
            if case .schedule = job.work {
                waiting.removeAll { $0.community == job.community && $0.isSchedule }
                if let working, working.job.isSchedule, working.job.community == job.community { working.cancellation.cancel() }
            }
            guard waiting.count < Self.longestQueue else { return false }
            waiting.append(job)
            pthread_cond_broadcast(changed)
            return true
        }
    }

    /// The answers since the last call.
    func take() -> [Answer] {
        locked {
            defer { answers = [] }
            return answers
        }
    }

    /// Waits until nothing is left to do.
    func waitUntilIdle() {
        locked { while !waiting.isEmpty || working != nil { pthread_cond_wait(changed, mutex) } }
    }

    /// Ends the thread: now if it rests; a search that can't be cancelled ends with its time, and what it finds is dropped. Does not wait for that:
    /// the thread touches nothing of the host.
    func end() {
        locked {
            isEnding = true
            waiting = []
            working?.cancellation.cancel()
            pthread_cond_broadcast(changed)
        }
    }

    private func run() {
        while let (job, cancellation) = next() {
            let began = ContinuousClock.now
            let content = perform(job, cancellation)
            let took = began.duration(to: .now).components
            locked {
                working = nil
                if !cancellation.isCancelled {
                    answers.append(Answer(
                        job: job.number, community: job.community, content: content, seconds: Double(took.seconds) + Double(took.attoseconds) / 1e18))
                }
                pthread_cond_broadcast(changed)
            }
        }
    }

    private func next() -> (Job, Cancellation)? {
        locked {
            while waiting.isEmpty, !isEnding { pthread_cond_wait(changed, mutex) }
            guard !isEnding else { return nil }
            let job = waiting.removeFirst(), cancellation = Cancellation()
            working = (job, cancellation)
            return (job, cancellation)
        }
    }

    /// On this thread alone, which alone touches the schedulers.
    private func perform(_ job: Job, _ cancellation: Cancellation) -> Answer.Content {
        do throws(BalancingError) {
            switch job.work {
            case .schedule(let problem, let firstStep):
                var scheduler = schedulers[job.community] ?? Scheduler()
                defer { schedulers[job.community] = scheduler }
                return .plan(try scheduler.plan(problem, firstStep: firstStep, limits: job.limits, cancellation: cancellation))
            case .single(let problem):
                var scheduler = Scheduler()
                return .plan(try scheduler.plan(problem, limits: job.limits, cancellation: cancellation))
            case .pymfm(let document): return .json(try document.answer(limits: job.limits).bytes)
            }
        } catch {
            return .failure(error)
        }
    }
}

extension PlanWorker.Job {
    var isSchedule: Bool { if case .schedule = work { true } else { false } }
}

/// The system gives no thread.
struct BalancingWorkerError: Error, CustomStringConvertible {
    let number: Int32
    var description: String { "no thread for planning: error \(number) of pthread_create" }
}

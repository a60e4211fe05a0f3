import Balancing
import LinearProgramming
import PluginAPI

extension CommunityBalancing {
    /// Asks the worker for a new plan; where the configuration says so, waits for it.
    func plan(_ community: Community, _ now: Timestamp) {
        guard let worker, let settings, community.trigger != nil else { return }
        guard let problem = community.problem(forecasts, now: now) else {
            let sentence = "nothing says yet what the transformer carries: the estimated grid has to tell of its branch '\(community.settings.transformerBranch ?? "")'"
            if community.planFailure == nil { community.note("planning", "", sentence, now) }
            return community.planFailure = sentence
        }
        community.replanReason = nil
        let begin = community.horizonBegin(now), number = jobNumber()
        let job = PlanWorker.Job(
            number: number, community: community.settings.name, work: .schedule(problem, firstStep: community.stepNumber(begin)),
            limits: SolveLimits(seconds: community.settings.planSeconds, gap: community.settings.gap))
        guard worker.submit(job) else { return community.note("planning", "", "too many plans wait to be made", now) }
        community.awaitedJob = number
        pending[number] = (problem, begin)
        guard settings.waits else { return }
        worker.waitUntilIdle()
        takeAnswers()
    }

    /// Takes what the worker has finished.
    func takeAnswers() {
        guard let worker else { return }
        let now = host.clock.now
        for answer in worker.take() {
            if let request = openRequests.removeValue(forKey: answer.job) {
                respond(request, answer)
                continue
            }
            let asked = pending.removeValue(forKey: answer.job)
            guard let community = communities.first(where: { $0.settings.name == answer.community }), community.awaitedJob == answer.job, let asked else { continue }
            community.awaitedJob = nil
            metrics?.note(planSeconds: answer.seconds)
            switch answer.content {
            case .plan(let plan): take(plan, asked, answer.seconds, community, now)
            case .failure(let error):
                if community.planFailure == nil { community.note("planning", "", "no plan: \(error)", now) }
                community.planFailure = error.description
            case .json: break
            }
        }
        // A job that was cancelled by its successor answers nothing.
        let awaited = Set(communities.compactMap(\.awaitedJob))
        pending = pending.filter { awaited.contains($0.key) }
    }

    private func take(_ plan: Plan, _ asked: (problem: BalancingProblem, begin: Timestamp), _ seconds: Double, _ community: Community, _ now: Timestamp) {
        guard community.trigger != nil else { return }
        let known = Set(community.plan?.plan.violations.map { "\($0.kind) \($0.subject)" } ?? [])
        community.planFailure = nil
        community.plan = Community.TimedPlan(plan: plan, problem: asked.problem, begin: asked.begin, made: now, seconds: seconds)
        for violation in plan.violations where !known.contains("\(violation.kind) \(violation.subject)") {
            community.note("violated", violation.subject, violation.sentence, now)
        }
        for package in plan.packages where community.announcedKWh[package.id] == nil {
            community.announcedKWh[package.id] = package.powerKW * Double(package.duration) * community.settings.stepHours
        }
        outgoing.append(communityTopic(community, "plan"), BalancingJSON.plan(plan, asked.problem, begin: asked.begin, stepNanoseconds: community.stepNanoseconds).bytes, retain: true)
    }

    /// Answers a request that waited for the worker.
    private func respond(_ request: Request.Number, _ answer: PlanWorker.Answer) {
        let response: Response
        switch answer.content {
        case .plan(let plan): response = .json(BalancingJSON.plan(plan, nil, begin: nil, stepNanoseconds: 0))
        case .json(let bytes): response = Response(contentType: "application/json", body: bytes)
        case .failure(let error): response = BalancingJSON.failure(error.description, status: error.isInvalidProblem ? 400 : 503)
        }
        // A client that has gone needs no answer.
        try? host.http.respond(to: request, with: response)
    }
}

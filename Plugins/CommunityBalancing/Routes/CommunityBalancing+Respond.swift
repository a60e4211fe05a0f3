import Balancing
import LinearProgramming
import PluginAPI

extension CommunityBalancing {
    func respond(to request: Request) throws {
        guard let route = BalancingRoutes(rawValue: request.route), settings != nil else { throw ServiceError.invalidState("the service is not running") }
        let now = host.clock.now
        switch route {
        case .communities: try host.http.respond(to: request.number, with: .json(list(now)))
        case .whatIf, .pymfm: try ask(route, request)
        case .community: try host.http.respond(to: request.number, with: .json(BalancingJSON.detail(try community(request), now)))
        case .plan:
            let community = try community(request)
            guard let timed = community.plan else { throw ServiceError.notFound("'\(community.settings.name)' has no plan: no mode is active, or it is being made") }
            try host.http.respond(
                to: request.number, with: .json(BalancingJSON.plan(timed.plan, timed.problem, begin: timed.begin, stepNanoseconds: community.stepNanoseconds)))
        case .mode:
            let community = try community(request)
            let trigger = try Trigger(request.body, source: request.user, now: now)
            begin(trigger, community, now)
            flush()
            try host.http.respond(to: request.number, with: .json(BalancingJSON.detail(community, now)))
        case .runs: try host.http.respond(to: request.number, with: .json(BalancingJSON.runs(try community(request))))
        case .report: try host.http.respond(to: request.number, with: try report(request, now))
        }
    }

    private func community(_ request: Request) throws(ServiceError) -> Community {
        let name = request.pathParameter("community") ?? ""
        guard let community = communities.first(where: { $0.settings.name == name }) else {
            throw .notFound("there is no community '\(name)', but \(communities.map(\.settings.name).joined(separator: ", "))")
        }
        return community
    }

    private func list(_ now: Timestamp) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("communities")
        json.beginArray()
        for community in communities {
            json.beginObject()
            BalancingJSON.writeState(community, now, &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json
    }

    private func report(_ request: Request, _ now: Timestamp) throws(ServiceError) -> Response {
        let community = try community(request)
        let name = request.pathParameter("run") ?? ""
        let run: RunList.Run
        if name == "current", let trigger = community.trigger {
            run = RunList.Run(number: 0, mode: trigger.mode, begin: trigger.begin, end: now, indicators: community.indicators, reason: "it runs")
        } else {
            guard let found = community.runs.runs.first(where: { String($0.number) == name }) else {
                throw .notFound("'\(community.settings.name)' has no run '\(name)': ask for a number of its runs, or for current")
            }
            run = found
        }
        switch request.queryItem("format") ?? "json" {
        case "csv": return Response(contentType: "text/csv; charset=utf-8", body: Array(run.indicators.csv.utf8))
        case "html":
            let title = "\(community.settings.name): \(run.mode.name), \(run.begin.description) to \(run.end.description)"
            return Response(contentType: "text/html; charset=utf-8", body: Array(run.indicators.html(title: title).utf8))
        case "json": return .json(BalancingJSON.run(run))
        case let other: throw .invalidArgument("format is '\(other)', expected csv, html or json")
        }
    }

    /// Plans for others are made on the worker too; the answer follows when it has it.
    private func ask(_ route: BalancingRoutes, _ request: Request) throws(ServiceError) {
        guard let worker, let settings else { return }
        let body = request.body
        let work: PlanWorker.Job.Work
        do throws(BalancingError) {
            work = route == .pymfm ? .pymfm(try PymfmDocument(body)) : .single(try CaseReader.problem(body))
        } catch {
            throw .invalidArgument(error.description)
        }
        let number = jobNumber()
        guard worker.submit(PlanWorker.Job(number: number, community: "", work: work, limits: SolveLimits(seconds: 20))) else {
            throw .tryAgain("too many plans wait to be made: ask again in a while")
        }
        openRequests[number] = request.number
        guard settings.waits else { return }
        worker.waitUntilIdle()
        takeAnswers()
    }
}

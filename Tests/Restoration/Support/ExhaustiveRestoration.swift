import Grid
import Restoration

/// The best restoration of a fault by trying every set of closings and openings, with no code of the planner's: sections, isolation and
/// feasibility are found anew on the plain network.
struct ExhaustiveRestoration {
    struct Optimum {
        var energisedWatts: Double
        var operations: Int
        var tried: Int
    }

    let plain: PlainGrid
    let duties: [SwitchDuty]
    let limits: OperatingLimits
    let options: PlanningOptions

    /// - Parameter line: where the fault is. Positions are those of normal operation.
    func optimum(faultOnLine line: Int) -> Optimum? {
        let network = plain.network
        let normal = network.switches.map { !$0.isNormallyOpen }
        let faulted = plain.section(ofNode: network.lines[line].from.node!)
        guard plain.judge(normal, calculates: false).isEnergised[network.lines[line].from.node!], let breaker = clearing(faulted, normal) else {
            return nil
        }
        var base = normal
        base[breaker] = false
        let dead = isolated(faulted, normal, openNow: base)
        for (device, ends) in network.switches.enumerated() where dead.contains(ends.from.node!) != dead.contains(ends.to.node!) {
            base[device] = false
        }
        let ends = network.switches[breaker]
        if !dead.contains(ends.from.node!), !dead.contains(ends.to.node!) { base[breaker] = true }
        return search(base, dead)
    }

    /// The breaker nearest to the fault whose opening takes its voltage.
    private func clearing(_ faulted: Set<Int>, _ normal: [Bool]) -> Int? {
        let candidates = normal.indices.filter { normal[$0] && duties[$0].interruptsFaults }.filter { device in
            var open = normal
            open[device] = false
            return !plain.judge(open, calculates: false).isEnergised[faulted.first!]
        }
        // The nearest one takes least voltage from others.
        return candidates.max { a, b in energised(normal, without: a) < energised(normal, without: b) }
    }

    private func energised(_ normal: [Bool], without device: Int) -> Int {
        var open = normal
        open[device] = false
        return plain.judge(open, calculates: false).isEnergised.count { $0 }
    }

    private func isolated(_ faulted: Set<Int>, _ normal: [Bool], openNow: [Bool]) -> Set<Int> {
        var area = faulted
        var hasGrown = true
        while hasGrown {
            hasGrown = false
            for (device, ends) in plain.network.switches.enumerated() where openNow[device] {
                let (from, to) = (ends.from.node!, ends.to.node!)
                guard area.contains(from) != area.contains(to), !duties[device].isRemoteControlled || duties[device].availability != .available
                else { continue }
                area.formUnion(plain.section(ofNode: area.contains(from) ? to : from))
                hasGrown = true
            }
        }
        return area
    }

    private func search(_ base: [Bool], _ dead: Set<Int>) -> Optimum {
        let live = plain.judge(base)
        let devices = base.indices.filter { device in
            let ends = plain.network.switches[device]
            let (from, to) = (ends.from.node!, ends.to.node!)
            guard duties[device].isRemoteControlled, duties[device].availability == .available else { return false }
            return !dead.contains(from) && !dead.contains(to) && !(live.isEnergised[from] && live.isEnergised[to])
        }
        let closings = devices.filter { !base[$0] }
        let openings = devices.filter { base[$0] }
        var best = Optimum(energisedWatts: live.energisedWatts, operations: 0, tried: 0)
        for closed in Self.subsets(closings, upTo: options.mostClosings) {
            for opened in Self.subsets(openings, upTo: min(options.mostOpenings, options.mostOperations - closed.count)) {
                attempt(base, closed, opened, &best)
            }
        }
        return best
    }

    private func attempt(_ base: [Bool], _ closed: [Int], _ opened: [Int], _ best: inout Optimum) {
        var positions = base
        for device in closed { positions[device] = true }
        for device in opened { positions[device] = false }
        best.tried += 1
        let operations = closed.count + opened.count
        let first = plain.judge(positions, calculates: false)
        let (more, equal) = (first.energisedWatts > best.energisedWatts + 1, abs(first.energisedWatts - best.energisedWatts) <= 1)
        guard first.isRadial, more || (equal && operations < best.operations) else { return }
        guard plain.holds(plain.judge(positions), limits, slack: 0) else { return }
        (best.energisedWatts, best.operations) = (first.energisedWatts, operations)
    }

    static func subsets(_ elements: [Int], upTo size: Int) -> [[Int]] {
        var all: [[Int]] = [[]]
        var last: [[Int]] = [[]]
        for _ in 0..<max(0, min(size, elements.count)) {
            last = last.flatMap { subset in
                elements.filter { $0 > (subset.last ?? -1) }.map { subset + [$0] }
            }
            all += last
        }
        return all
    }
}

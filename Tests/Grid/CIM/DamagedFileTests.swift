import Grid
import Testing

@Suite("Damaged CIM files")
struct DamagedFileTests {
    static let sources: [[UInt8]] = ["three_winding_feeder/EQ.xml", "street.xml", "three_winding_feeder/SSH.xml", "three_winding_feeder.zip"].map {
        ReferenceData.bytes(ReferenceData.own($0))
    }

    /// One of ten kinds of damage, at a place that the seed chooses.
    static func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let kind = Int.random(in: 0..<10, using: &random)
        switch kind {
        case 0: bytes.removeSubrange(place...)
        case 1: for _ in 0..<20 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
        case 2: bytes.removeSubrange(place..<min(place + Int.random(in: 1...2000, using: &random), bytes.count))
        case 3: bytes.insert(contentsOf: bytes[place..<min(place + 3000, bytes.count)], at: place)
        case 4: replaceNumbers(&bytes, with: ["1e308", "-1e308", "nan", "inf", "0", "-0", "99999999999999999999", "1e-320"], &random)
        case 5: swapReferences(&bytes, &random)
        case 6: bytes = [0xff, 0xfe] + bytes
        case 7: bytes.insert(contentsOf: Array("<!DOCTYPE x [<!ENTITY e \"eeee\">]>&e;".utf8), at: place)
        case 8: removeLines(&bytes, &random)
        default: for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = [0, 0x3c, 0x3e, 0x26, 0x22, 0xc3].randomElement(using: &random) ?? 0 }
        }
        return bytes
    }

    static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: 0x0a, omittingEmptySubsequences: false) }

    static func replaceNumbers(_ bytes: inout [UInt8], with values: [String], _ random: inout SeededGenerator) {
        var lines = Self.lines(bytes).map { Array($0) }
        for position in lines.indices where Int.random(in: 0..<8, using: &random) == 0 {
            guard let start = lines[position].firstIndex(of: 0x3e), let end = lines[position].lastIndex(of: 0x3c), start < end else { continue }
            lines[position].replaceSubrange((start + 1)..<end, with: Array((values.randomElement(using: &random) ?? "").utf8))
        }
        bytes = Array(lines.joined(separator: [0x0a]))
    }

    static func swapReferences(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        var lines = Self.lines(bytes).map { Array($0) }
        let marker = Array("rdf:resource".utf8)
        let places = lines.indices.filter { position in lines[position].count > 12 && lines[position].indices.dropLast(12).contains { lines[position][$0..<($0 + 12)].elementsEqual(marker) } }
        for _ in 0..<12 {
            guard let a = places.randomElement(using: &random), let b = places.randomElement(using: &random),
                let quoteA = lines[a].firstIndex(of: 0x22), let quoteB = lines[b].firstIndex(of: 0x22)
            else { return }
            let (tailA, tailB) = (Array(lines[a][quoteA...]), Array(lines[b][quoteB...]))
            lines[a].replaceSubrange(quoteA..., with: tailB)
            if let own = lines[b].firstIndex(of: 0x22) { lines[b].replaceSubrange(own..., with: tailA) }
        }
        bytes = Array(lines.joined(separator: [0x0a]))
    }

    static func removeLines(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let markers = ["</cim:", "<cim:"].map { Array($0.utf8) }
        let kept = Self.lines(bytes).filter { line in
            let isProperty = line.count > 4 && line.starts(with: Array("    <".utf8)) && markers.count == 2
            return !(isProperty && Int.random(in: 0..<10, using: &random) == 0)
        }
        bytes = Array(kept.joined(separator: [0x0a]))
    }

    @Test("A thousand damaged files each give a network or sentences, and models can be made of what is left", arguments: 0..<10)
    func thousand(batch: Int) {
        for seed in 0..<100 {
            var random = SeededGenerator(state: UInt64(batch * 100 + seed))
            let source = Self.sources[seed % Self.sources.count]
            let result = CIMReader().read([.bytes(name: "damaged", Self.damaged(source, &random))])
            let isTold = result.problems.allSatisfy { !$0.sentence.isEmpty && $0.line >= 0 }
            #expect(isTold, "seed \(random.state)")
            let fault = Self.fault(result.network)
            #expect(fault == nil, "seed \(batch * 100 + seed)")
        }
    }

    /// Makes every model of a network and looks for places outside them.
    static func fault(_ network: Network) -> String? {
        for reference in network.equipment {
            for terminal in network.terminals(of: reference) {
                if let node = terminal.node, !network.nodes.indices.contains(node) { return "a terminal at node \(node)" }
            }
        }
        let topology = Topology(network)
        let balanced = BalancedAssembly(network, topology: topology).grid
        for branch in balanced.branches where min(branch.from, branch.to) < 0 || Int(max(branch.from, branch.to)) >= balanced.nodeCount {
            return "a branch from \(branch.from) to \(branch.to) of \(balanced.nodeCount)"
        }
        let unbalanced = UnbalancedAssembly(network, topology: topology).grid
        for terminal in unbalanced.elements.flatMap(\.terminals) where terminal < 0 || Int(terminal) >= unbalanced.conductorCount {
            return "an element at conductor \(terminal) of \(unbalanced.conductorCount)"
        }
        return FeederForest(topology).order.count > topology.busCapacity ? "a bus twice in the forest" : nil
    }
}

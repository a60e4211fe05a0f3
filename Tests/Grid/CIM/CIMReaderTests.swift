import Grid
import Testing

@Suite("Reading CIM files")
struct CIMReaderTests {
    static let head = """
        <?xml version="1.0" encoding="UTF-8"?>
        <rdf:RDF xmlns:cim="http://iec.ch/TC57/2013/CIM-schema-cim16#" xmlns:md="http://iec.ch/TC57/61970-552/ModelDescription/1#" \
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><md:FullModel rdf:about="urn:uuid:1"/>

        """

    static func read(_ body: String, limits: CIMReader.Limits = CIMReader.Limits()) -> CIMImport {
        var reader = CIMReader()
        reader.limits = limits
        return reader.read([.bytes(name: "test.xml", Array((head + body + "</rdf:RDF>").utf8))])
    }

    @Test("Equipment, steady state, state variables and diagram of several files make one network", arguments: [
        "three_winding_feeder", "three_winding_feeder.zip",
    ])
    func files(name: String) throws {
        let result = CIMReader().read(paths: [ReferenceData.own(name)])
        #expect(result.problems.filter { $0.severity > .note } == [])
        #expect(result.profiles.count == 4)
        #expect(result.scenarioTime == "2026-03-01T12:00:00Z")
        let network = result.network
        #expect(network.nodes.map(\.nominalVolts) == [110_000, 20_000, 20_000, 20_000, 20_000, 10_000])
        #expect(network.switches.map(\.isOpen) == [false, true])
        #expect(network.transformers[0].windings.map(\.clock) == [0, 0, 5])
        #expect(network.transformers[0].windings[0].ratioTap?.step == -2)
        #expect(network.shunts[0].admittance == Complex(0, 7.5e-3))
        #expect(network.loads[0].power == Complex(6e6, 1.5e6))
        #expect(network.generators[0].power == Complex(1.5e6, -0.2e6))
        #expect(network.generators[0].activeLimits == 0...2e6)
        #expect(network.diagram["cable"]?.points.map(\.x) == [30, 10, 10])
        #expect(network.measurements.first?.phases == .b)
        #expect(network.measurements.first?.value == 104.5)
        #expect(network.terminalPowers["t-load"] == Complex(6e6, 1.5e6))
    }

    @Test("One file after another or all at once is the same, in any order")
    func order() {
        let names = ["EQ", "SSH", "SV", "DL"].map { ReferenceData.own("three_winding_feeder/\($0).xml") }
        let one = CIMReader().read(paths: names).network
        let other = CIMReader().read(paths: names.reversed()).network
        #expect(one.loads == other.loads)
        #expect(one.transformers == other.transformers)
        #expect(one.switches == other.switches)
    }

    @Test("Identifiers with and without prefix mean the same object")
    func identifiers() throws {
        let result = Self.read("""
            <cim:BaseVoltage rdf:ID="_b"><cim:BaseVoltage.nominalVoltage>20</cim:BaseVoltage.nominalVoltage></cim:BaseVoltage>
            <cim:TopologicalNode rdf:ID="_n1"><cim:TopologicalNode.BaseVoltage rdf:resource="#_b"/></cim:TopologicalNode>
            <cim:TopologicalNode rdf:about="urn:uuid:n2"><cim:TopologicalNode.BaseVoltage rdf:resource="urn:uuid:b"/></cim:TopologicalNode>
            """)
        #expect(result.problems == [])
        #expect(result.network.nodes.map(\.identity.mRID) == ["n1", "n2"])
        #expect(result.network.nodes.map(\.nominalVolts) == [20_000, 20_000])
        #expect(NetworkIndex.normalised("#_abc") == "abc")
        #expect(NetworkIndex.normalised("urn:uuid:abc") == "abc")
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var name: String
        var body: String
        /// What one of the problems says.
        var says: String
        var line = 0
        var mRID = ""
        var testDescription: String { name }
    }

    static let node = "<cim:TopologicalNode rdf:ID=\"_n\"><cim:TopologicalNode.BaseVoltage rdf:resource=\"#_b\"/></cim:TopologicalNode>\n"
    static let base = "<cim:BaseVoltage rdf:ID=\"_b\"><cim:BaseVoltage.nominalVoltage>20</cim:BaseVoltage.nominalVoltage></cim:BaseVoltage>\n"
    static func terminal(_ id: String, _ equipment: String) -> String {
        "<cim:Terminal rdf:ID=\"_\(id)\"><cim:Terminal.ConductingEquipment rdf:resource=\"#_\(equipment)\"/><cim:Terminal.TopologicalNode rdf:resource=\"#_n\"/></cim:Terminal>\n"
    }
    static func line(_ inside: String) -> String {
        base + node + "<cim:ACLineSegment rdf:ID=\"_l\">\(inside)</cim:ACLineSegment>\n" + terminal("t1", "l") + terminal("t2", "l")
    }

    static let mistakes = [
        Mistake(name: "a reference to nothing", body: node, says: "which no file defines", line: 3, mRID: "n"),
        Mistake(name: "a missing impedance", body: line(""), says: "has no impedance", line: 5, mRID: "l"),
        Mistake(
            name: "a value that is no number", body: line("<cim:ACLineSegment.r>1,5</cim:ACLineSegment.r>"),
            says: "'1,5', expected a finite number", mRID: "l"),
        Mistake(name: "a duplicate mRID", body: base + base, says: "mRIDs are unique", line: 4, mRID: "b"),
        Mistake(
            name: "volt for kilovolt",
            body: "<cim:BaseVoltage rdf:ID=\"_v\"><cim:BaseVoltage.nominalVoltage>20000</cim:BaseVoltage.nominalVoltage></cim:BaseVoltage>",
            says: "it is taken as volt", mRID: "v"),
        Mistake(
            name: "milliohm for ohm",
            body: line("<cim:ACLineSegment.r>560000</cim:ACLineSegment.r><cim:ACLineSegment.x>420000</cim:ACLineSegment.x>"),
            says: "check the unit of r, x and length", mRID: "l"),
        Mistake(
            name: "microsiemens for siemens",
            body: line("<cim:ACLineSegment.r>0.5</cim:ACLineSegment.r><cim:ACLineSegment.x>0.4</cim:ACLineSegment.x><cim:ACLineSegment.bch>260</cim:ACLineSegment.bch>"),
            says: "check the unit of bch", mRID: "l"),
        Mistake(name: "one terminal", body: base + node + "<cim:Breaker rdf:ID=\"_s\"/>" + terminal("t", "s"), says: "1 terminals, expected 2", mRID: "s"),
        Mistake(
            name: "no identifier", body: "<cim:Breaker><cim:Switch.open>true</cim:Switch.open></cim:Breaker>", says: "neither rdf:ID nor rdf:about", line: 3),
        Mistake(name: "an unknown class", body: "<cim:Windmill rdf:ID=\"_w\"/>", says: "1 objects of class Windmill are not used"),
        Mistake(name: "elements that do not match", body: "<cim:Breaker rdf:ID=\"_s\"></cim:Fuse>", says: "not well-formed XML", line: 3),
        Mistake(
            name: "a container in itself",
            body: "<cim:Bay rdf:ID=\"_y\"><cim:Bay.Substation rdf:resource=\"#_z\"/></cim:Bay>", says: "which no file defines", mRID: "y"),
    ]

    @Test("Mistakes are told in a sentence with file, line and mRID", arguments: mistakes)
    func tells(mistake: Mistake) throws {
        let result = Self.read(mistake.body)
        let problem = try #require(result.problems.first { $0.sentence.contains(mistake.says) }, "\(result.problems)")
        if mistake.line > 0 {
            #expect(problem.file == "test.xml")
            #expect(problem.line == mistake.line)
        }
        #expect(problem.mRID == mistake.mRID)
    }

    @Test("A document type is refused before any entity is expanded")
    func entities() throws {
        let bomb = """
            <?xml version="1.0"?>
            <!DOCTYPE rdf:RDF [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
            <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&b;&x;</rdf:RDF>
            """
        let result = CIMReader().read([.bytes(name: "bomb.xml", Array(bomb.utf8))])
        #expect(result.problems.contains { $0.sentence.contains("document type declaration") && $0.severity == .error })
        #expect(result.network.nodes.isEmpty)
    }

    @Test("What no CIM file is, is refused: other XML, text, nothing, deep nesting, endless texts, a missing file")
    func others() {
        for (bytes, says) in [
            ("<html><body/></html>", "expected rdf:RDF"), ("hello", "not well-formed"), ("", "it is empty"),
            (Self.head + String(repeating: "<a>", count: 60), "deep"),
            (Self.head + "<cim:Breaker rdf:ID=\"_s\"><cim:IdentifiedObject.name>" + String(repeating: "x", count: 70_000), "a text is longer"),
            ("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/>", "no element of a CIM namespace"),
        ] {
            let result = CIMReader().read([.bytes(name: "other", Array(bytes.utf8))])
            #expect(result.problems.contains { $0.sentence.contains(says) }, "\(says): \(result.problems)")
        }
        #expect(CIMReader().read(paths: ["/nowhere/grid.xml"]).problems.first?.sentence.contains("cannot be read") == true)
    }

    @Test("Limits hold: total bytes, problems that are kept, damaged archives")
    func limits() throws {
        var limits = CIMReader.Limits()
        limits.totalBytes = 600
        #expect(Self.read(Self.base + String(repeating: Self.node, count: 10), limits: limits).problems.contains { $0.sentence.contains("reading stopped here") })
        limits = CIMReader.Limits()
        limits.problems = 5
        let many = Self.read(String(repeating: "<cim:Breaker/>\n", count: 50), limits: limits)
        #expect(many.problems.count == 6)
        #expect(many.problems.last?.sentence.contains("more problems") == true)
        var archive = ReferenceData.bytes(ReferenceData.own("three_winding_feeder.zip"))
        archive[200] ^= 0xff
        archive[201] ^= 0xff
        let damaged = CIMReader().read([.bytes(name: "grid.zip", archive)])
        #expect(damaged.hasErrors)
        let cut = CIMReader().read([.bytes(name: "cut.zip", Array(archive.prefix(2000)))])
        #expect(cut.problems.contains { $0.sentence.contains("cut off") })
    }

    @Test("Regulator controls of CIM100 keep line drop compensation and the transformers' ratios")
    func control() throws {
        let network = CIMReader().read(paths: [ReferenceData.own("street.xml")]).network
        let control = try #require(network.transformers.first { $0.identity.name == "reg" }?.windings[1].ratioTap?.control)
        #expect(control.targetVolts == 123)
        #expect(control.lineDropVolts == Complex(2, 1))
        #expect(control.voltageTransformerRatio == 60)
        #expect(control.phase == .b)
    }
}

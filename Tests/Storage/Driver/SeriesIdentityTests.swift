import Storage
import Testing

@Suite struct SeriesIdentityTests {
    @Test("the order in which tags are given does not matter")
    func tagOrder() {
        let one = ColumnIdentity(
            database: "d", measurement: "m", tags: [Storage.Tag("phase", "A"), Storage.Tag("device", "x")], field: "f")
        let other = ColumnIdentity(
            database: "d", measurement: "m", tags: [Storage.Tag("device", "x"), Storage.Tag("phase", "A")], field: "f")
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one.tags.map(\.key) == ["device", "phase"])
    }

    @Test(
        "a value and a column of values have the type of their field",
        arguments: [
            (FieldValue.float(1), ValueColumn.float([1])), (.integer(1), .integer([1])), (.boolean(true), .boolean([true])),
            (.text("1"), .text(["1"])),
        ])
    func types(_ value: FieldValue, _ column: ValueColumn) {
        #expect(value.type == column.type)
        #expect(column.count == 1)
    }
}

// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.csv-exporter
// version    1.0.0
// summary    Writes readings and results to files that spreadsheets open.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<37, UInt32> = [
    0x00000006, 0x0000007E, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x7673632E, 0x7078652D, 0x6574726F, 0x65760A72,
    0x6F697372, 0x2E313D6E, 0x0A302E30, 0x6D6D7573, 0x3D797261, 0x74697257, 0x72207365, 0x69646165,
    0x2073676E, 0x20646E61, 0x75736572, 0x2073746C, 0x66206F74, 0x73656C69, 0x61687420, 0x70732074,
    0x64616572, 0x65656873, 0x6F207374, 0x2E6E6570, 0x0000000A,
]

// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.voltage-band
// version    1.0.0
// summary    Watches voltages against the band of EN 50160.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<33, UInt32> = [
    0x00000006, 0x00000070, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x6C6F762E, 0x65676174, 0x6E61622D, 0x65760A64,
    0x6F697372, 0x2E313D6E, 0x0A302E30, 0x6D6D7573, 0x3D797261, 0x63746157, 0x20736568, 0x746C6F76,
    0x73656761, 0x61676120, 0x74736E69, 0x65687420, 0x6E616220, 0x666F2064, 0x204E4520, 0x36313035,
    0x000A2E30,
]

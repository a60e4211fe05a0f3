// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.database-adapter
// version    1.0.0
// summary    Stores the readings of PMUs and meters as time series.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<36, UInt32> = [
    0x00000006, 0x0000007C, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x7461642E, 0x73616261, 0x64612D65, 0x65747061,
    0x65760A72, 0x6F697372, 0x2E313D6E, 0x0A302E30, 0x6D6D7573, 0x3D797261, 0x726F7453, 0x74207365,
    0x72206568, 0x69646165, 0x2073676E, 0x5020666F, 0x2073554D, 0x20646E61, 0x6574656D, 0x61207372,
    0x69742073, 0x7320656D, 0x65697265, 0x000A2E73,
]

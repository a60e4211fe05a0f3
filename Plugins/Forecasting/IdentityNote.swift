// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.forecasting
// version    1.0.0
// summary    Forecasts loads and plants with their uncertainty.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<34, UInt32> = [
    0x00000006, 0x00000073, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x726F662E, 0x73616365, 0x676E6974, 0x7265760A,
    0x6E6F6973, 0x302E313D, 0x730A302E, 0x616D6D75, 0x463D7972, 0x6365726F, 0x73747361, 0x616F6C20,
    0x61207364, 0x7020646E, 0x746E616C, 0x69772073, 0x74206874, 0x72696568, 0x636E7520, 0x61747265,
    0x79746E69, 0x00000A2E,
]

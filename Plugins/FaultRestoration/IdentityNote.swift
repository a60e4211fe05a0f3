// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.fault-restoration
// version    1.0.0
// summary    Finds faults, isolates them and restores the rest (FLISR).

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<38, UInt32> = [
    0x00000006, 0x00000081, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x7561662E, 0x722D746C, 0x6F747365, 0x69746172,
    0x760A6E6F, 0x69737265, 0x313D6E6F, 0x302E302E, 0x6D75730A, 0x7972616D, 0x6E69463D, 0x66207364,
    0x746C7561, 0x69202C73, 0x616C6F73, 0x20736574, 0x6D656874, 0x646E6120, 0x73657220, 0x65726F74,
    0x68742073, 0x65722065, 0x28207473, 0x53494C46, 0x0A2E2952, 0x00000000,
]

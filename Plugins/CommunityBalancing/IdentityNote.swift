// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.community-balancing
// version    1.0.0
// summary    Balances local energy communities: plans, tracks, watches, reports.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<40, UInt32> = [
    0x00000006, 0x0000008C, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x6D6F632E, 0x696E756D, 0x622D7974, 0x6E616C61,
    0x676E6963, 0x7265760A, 0x6E6F6973, 0x302E313D, 0x730A302E, 0x616D6D75, 0x423D7972, 0x6E616C61,
    0x20736563, 0x61636F6C, 0x6E65206C, 0x79677265, 0x6D6F6320, 0x696E756D, 0x73656974, 0x6C70203A,
    0x2C736E61, 0x61727420, 0x2C736B63, 0x74617720, 0x73656863, 0x6572202C, 0x74726F70, 0x000A2E73,
]

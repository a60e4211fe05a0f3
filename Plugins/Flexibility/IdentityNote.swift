// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.flexibility
// version    1.0.0
// summary    Deals in flexibility: checks, offers, activates, verifies and settles requests.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<41, UInt32> = [
    0x00000006, 0x00000090, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x656C662E, 0x69626978, 0x7974696C, 0x7265760A,
    0x6E6F6973, 0x302E313D, 0x730A302E, 0x616D6D75, 0x443D7972, 0x736C6165, 0x206E6920, 0x78656C66,
    0x6C696269, 0x3A797469, 0x65686320, 0x2C736B63, 0x66666F20, 0x2C737265, 0x74636120, 0x74617669,
    0x202C7365, 0x69726576, 0x73656966, 0x646E6120, 0x74657320, 0x73656C74, 0x71657220, 0x74736575,
    0x000A2E73,
]

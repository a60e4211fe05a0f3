// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.grid-emulator
// version    1.0.0
// summary    Plays the devices of a grid: PMUs, SCADA, meters and switches.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<38, UInt32> = [
    0x00000006, 0x00000081, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x6972672E, 0x6D652D64, 0x74616C75, 0x760A726F,
    0x69737265, 0x313D6E6F, 0x302E302E, 0x6D75730A, 0x7972616D, 0x616C503D, 0x74207379, 0x64206568,
    0x63697665, 0x6F207365, 0x20612066, 0x64697267, 0x4D50203A, 0x202C7355, 0x44414353, 0x6D202C41,
    0x72657465, 0x6E612073, 0x77732064, 0x68637469, 0x0A2E7365, 0x00000000,
]

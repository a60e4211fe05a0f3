// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.state-estimation
// version    1.0.0
// summary    Estimates the state of a grid from its measurements.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<36, UInt32> = [
    0x00000006, 0x0000007A, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x6174732E, 0x652D6574, 0x6D697473, 0x6F697461,
    0x65760A6E, 0x6F697372, 0x2E313D6E, 0x0A302E30, 0x6D6D7573, 0x3D797261, 0x69747345, 0x6574616D,
    0x68742073, 0x74732065, 0x20657461, 0x6120666F, 0x69726720, 0x72662064, 0x69206D6F, 0x6D207374,
    0x75736165, 0x656D6572, 0x2E73746E, 0x0000000A,
]

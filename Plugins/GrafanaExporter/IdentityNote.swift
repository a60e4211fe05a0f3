// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.grafana-exporter
// version    1.0.0
// summary    Makes Grafana's data source and dashboards from the series in the store.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<41, UInt32> = [
    0x00000006, 0x0000008E, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x6172672E, 0x616E6166, 0x7078652D, 0x6574726F,
    0x65760A72, 0x6F697372, 0x2E313D6E, 0x0A302E30, 0x6D6D7573, 0x3D797261, 0x656B614D, 0x72472073,
    0x6E616661, 0x20732761, 0x61746164, 0x756F7320, 0x20656372, 0x20646E61, 0x68736164, 0x72616F62,
    0x66207364, 0x206D6F72, 0x20656874, 0x69726573, 0x69207365, 0x6874206E, 0x74732065, 0x2E65726F,
    0x0000000A,
]

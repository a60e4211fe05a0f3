// Made by `dsotp plugin note`; make it anew when one of these changes:
// identifier org.dsotp.prometheus-exporter
// version    1.0.0
// summary    Shows readings, estimates and forecasts as metrics for Prometheus.

/// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
@section(".note.dsotp") @used
private let identityNote: InlineArray<40, UInt32> = [
    0x00000006, 0x0000008B, 0x00000001, 0x746F7364, 0x00000070, 0x3D696261, 0x0A302E31, 0x6E656469,
    0x69666974, 0x6F3D7265, 0x642E6772, 0x70746F73, 0x6F72702E, 0x6874656D, 0x2D737565, 0x6F707865,
    0x72657472, 0x7265760A, 0x6E6F6973, 0x302E313D, 0x730A302E, 0x616D6D75, 0x533D7972, 0x73776F68,
    0x61657220, 0x676E6964, 0x65202C73, 0x6D697473, 0x73657461, 0x646E6120, 0x726F6620, 0x73616365,
    0x61207374, 0x656D2073, 0x63697274, 0x6F662073, 0x72502072, 0x74656D6F, 0x73756568, 0x00000A2E,
]

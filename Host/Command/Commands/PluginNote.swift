import ArgumentParser
import Trust

/// `dsotp plugin note IDENTIFIER VERSION SUMMARY`.
struct PluginNote: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note",
        abstract: "Prints the Swift source of an identity note, to be saved among the sources of a library.",
        discussion: "In C write DSOTP_NOTE(\"identifier\", \"version\", \"summary\"); instead, see dsotp/note.h.")

    @Argument(help: "Unique for ever, reverse DNS: org.example.voltage-band.")
    var identifier: String

    @Argument(help: "Semantic version: 1.4.0.")
    var libraryVersion: String

    @Argument(help: "One line for a person.")
    var summary: String

    func run() throws {
        try orComplain {
            print(try IdentityNote(identifier: identifier, version: libraryVersion, summary: summary).swiftSource, terminator: "")
        }
    }
}

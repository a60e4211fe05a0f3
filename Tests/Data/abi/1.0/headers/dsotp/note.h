/**
 * The identity note: what a library says about itself without being loaded.
 *
 * An ELF note (System V gABI, "Note Section") in the section `.note.dsotp`, which `dsotp plugin inspect` and the host read
 * before any code of the library runs. Write it once, at file scope:
 *
 *     DSOTP_NOTE("org.example.voltage-band", "1.4.0", "Watches voltages against their band.");
 *
 * - owner `dsotp`, type DSOTP_NOTE_TYPE: the version of the form that is described here;
 * - descriptor: UTF-8 lines `key=value`, each ended by a line feed, the whole ended by one NUL. Keys: `abi` (`1.0`), `identifier`,
 *   `version`, `summary`, the same texts as in ::dsotp_module; each once. Unknown keys are passed over. At most 4096 bytes.
 *
 * A note is optional; a library without one can be run, but tells nothing before it is loaded and can be signed only with
 * its identifier and version given on the command line. Where it contradicts the module, `dsotp plugin validate` says so.
 */
#ifndef DSOTP_NOTE_H
#define DSOTP_NOTE_H

#include "types.h"

#define DSOTP_NOTE_TYPE 1u

#if defined(__GNUC__)

#define DSOTP_NOTE_TEXT(identifier, version, summary) \
    "abi=1.0\nidentifier=" identifier "\nversion=" version "\nsummary=" summary "\n"

/** Puts the note into the library; the arguments are string literals without line feeds. */
#define DSOTP_NOTE(identifier, version, summary) \
    __attribute__((section(".note.dsotp"), used, aligned(4))) static const struct { \
        uint32_t name_size, descriptor_size, type; \
        char name[8]; \
        char descriptor[sizeof(DSOTP_NOTE_TEXT(identifier, version, summary))]; \
    } dsotp_note_of_this_library = { \
        6, sizeof(DSOTP_NOTE_TEXT(identifier, version, summary)), DSOTP_NOTE_TYPE, "dsotp", \
        DSOTP_NOTE_TEXT(identifier, version, summary)}

#endif

#endif

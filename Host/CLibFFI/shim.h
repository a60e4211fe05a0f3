// libffi, Debian package libffi-dev: calls of functions whose signatures are known at run time only.
#include <errno.h>
#include <ffi.h>
#include <stddef.h>

// The types are global variables, which Swift does not let several threads name; and some are macros.
static inline ffi_type *clibffi_void(void) { return &ffi_type_void; }
static inline ffi_type *clibffi_sint8(void) { return &ffi_type_sint8; }
static inline ffi_type *clibffi_uint8(void) { return &ffi_type_uint8; }
static inline ffi_type *clibffi_sint16(void) { return &ffi_type_sint16; }
static inline ffi_type *clibffi_uint16(void) { return &ffi_type_uint16; }
static inline ffi_type *clibffi_sint32(void) { return &ffi_type_sint32; }
static inline ffi_type *clibffi_uint32(void) { return &ffi_type_uint32; }
static inline ffi_type *clibffi_sint64(void) { return &ffi_type_sint64; }
static inline ffi_type *clibffi_uint64(void) { return &ffi_type_uint64; }
static inline ffi_type *clibffi_float(void) { return &ffi_type_float; }
static inline ffi_type *clibffi_double(void) { return &ffi_type_double; }
static inline ffi_type *clibffi_pointer(void) { return &ffi_type_pointer; }
static inline unsigned short clibffi_struct_code(void) { return FFI_TYPE_STRUCT; }

// 1 if the signature can be called by the machine's ordinary convention.
static inline int clibffi_prepare(ffi_cif *cif, unsigned count, ffi_type *result, ffi_type **arguments) {
    return ffi_prep_cif(cif, FFI_DEFAULT_ABI, count, result, arguments) == FFI_OK;
}

// Calls, and returns what the function left in errno: nothing may run in between that could change it.
static inline int clibffi_call(ffi_cif *cif, void *function, void *result, void **arguments) {
    errno = 0;
    ffi_call(cif, FFI_FN(function), result, arguments);
    return errno;
}

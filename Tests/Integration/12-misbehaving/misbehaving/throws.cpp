// Lets C++ exceptions out through the C interface.
#include "service.h"

#include <stdexcept>

static dsotp_status misbehave(dsotp_error *) {
    if (is_deed("throw")) throw std::runtime_error("the Jacobian is singular");
    if (is_deed("throw-number")) throw 42;
    return DSOTP_OK;
}

// CLP (linear programs) and CBC (mixed-integer ones) of COIN-OR, Debian packages coinor-libclp-dev and coinor-libcbc-dev, EPL: their C interfaces.
#include <coin/Clp_C_Interface.h>
#include <coin/Cbc_C_Interface.h>

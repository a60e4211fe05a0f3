// KLU with AMD, BTF and COLAMD, Debian package libsuitesparse-dev: sparse LU for meshed grids. LGPL and BSD parts of SuiteSparse alone.
#include <suitesparse/klu.h>

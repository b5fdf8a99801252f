// libmicrohttpd, with what Swift cannot see of it: the variadic start function.
#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <microhttpd.h>

#endif

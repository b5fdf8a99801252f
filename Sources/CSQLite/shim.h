// SQLite, with what Swift cannot see of it: the destructor constants are cast macros.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

#endif

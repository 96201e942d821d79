// SQLite as it is, with a hint where it is missing: nothing of it needs help to be imported.
#pragma once

#if !__has_include(<sqlite3.h>)
#error "SQLite is not installed: run `apt-get install libsqlite3-dev` (Debian, Ubuntu), then build again"
#endif

#include <sqlite3.h>

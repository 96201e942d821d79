// zlib as it is, with a hint where it is missing: nothing of it needs help to be imported.
#pragma once

#if !__has_include(<zlib.h>)
#error "zlib is not installed: run `apt-get install zlib1g-dev` (Debian, Ubuntu), then build again"
#endif

#include <zlib.h>

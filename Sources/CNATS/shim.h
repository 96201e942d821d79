// The client of NATS as it is, with a hint where it is missing: nothing of it needs help to be imported.
#pragma once

#if !__has_include(<nats/nats.h>)
#error "libnats is not installed: run `apt-get install libnats-dev` (Debian, Ubuntu), then build again"
#endif

#include <nats/nats.h>

// Members that come back while others are being served: each connects, takes the messages of the one publisher that it
// has missed, one behind the other, and leaves.
#pragma once
#include "histogram.h"

#include <stdbool.h>

// So many, with so many messages each; `number` is that of the first among all connections of the process.
void prepare_resumers(int count, int messages, int number);

// Connects one more, or reads from one, or both: little, for what others receive waits meanwhile. How long is recorded
// when there was something to do. False once all have had everything.
bool step_resumers(struct histogram *pauses);

#pragma once

#include <malloc.h>

// Blocks of at least so many bytes go back to the system as soon as they are freed. Left to itself, glibc raises this bound to
// the largest block that it has seen freed, and keeps the holes that such blocks leave.
static inline void cglibc_return_blocks_of(int bytes) { mallopt(M_MMAP_THRESHOLD, bytes); }

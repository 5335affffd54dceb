#include "CGlibcCompat.h"

#include <math.h>

// Swift's static library refers to hypotf, which Debian's glibc gives the version GLIBC_2.35: the loader of
// provided.al2023 (glibc 2.34) would refuse the whole executable. Defined here, the reference never leaves it.
// In double no float overflows, and the square root is rounded once more than in glibc at most.
float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)sqrt((double)x * x + (double)y * y);
}

#define _GNU_SOURCE
#include "CGlibcCompat.h"

#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <sys/syscall.h>
#include <unistd.h>

// Swift's static library refers to hypotf, which Debian's glibc gives the version GLIBC_2.35: the loader of
// provided.al2023 (glibc 2.34) would refuse the whole executable. Defined here, the reference never leaves it.
// In double no float overflows, and the square root is rounded once more than in glibc at most.
float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)sqrt((double)x * x + (double)y * y);
}

int cglibc_pipe_close_on_exec(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int cglibc_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// The function of that name is younger than the glibc of provided.al2023.
int cglibc_open_process(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int cglibc_map_blocks_from(size_t size) { return mallopt(M_MMAP_THRESHOLD, (int)size); }

int cglibc_keep_freed_bytes(size_t size) { return mallopt(M_TRIM_THRESHOLD, (int)size); }

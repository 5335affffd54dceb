#pragma once

#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

// Functions of glibc that Swift's Glibc module leaves out, because it is read without _GNU_SOURCE or does not include their
// header. Each returns what glibc's returns.

/// pipe2(2) with O_CLOEXEC: no child process that is started meanwhile inherits the ends.
int cglibc_pipe_close_on_exec(int ends[2]);

/// posix_spawn_file_actions_addclosefrom_np(3): the child starts without any descriptor from `first` on.
int cglibc_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// pidfd_open(2): a descriptor that is readable once the process has ended, closed on exec. Negative where there is none.
int cglibc_open_process(pid_t process);

/// mallopt(3) with M_MMAP_THRESHOLD: blocks of at least so many bytes go back to the system as soon as they are freed. Left to
/// itself, glibc raises this bound to the largest block that it has seen freed, and keeps the holes that such blocks leave.
int cglibc_map_blocks_from(size_t size);

/// mallopt(3) with M_TRIM_THRESHOLD: so many freed bytes at the end of a heap stay with the process, to be used again. glibc keeps 128 KB.
int cglibc_keep_freed_bytes(size_t size);

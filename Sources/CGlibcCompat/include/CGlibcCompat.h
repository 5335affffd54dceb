#pragma once

#include <spawn.h>
#include <stddef.h>

// Functions of glibc that Swift's Glibc module leaves out, because it is read without _GNU_SOURCE or does not include their
// header. Each returns what glibc's returns.

/// pipe2(2) with O_CLOEXEC: no child process that is started meanwhile inherits the ends.
int cglibc_pipe_close_on_exec(int ends[2]);

/// posix_spawn_file_actions_addclosefrom_np(3): the child starts without any descriptor from `first` on.
int cglibc_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// mallopt(3) with M_MMAP_THRESHOLD: blocks of at least so many bytes go back to the system as soon as they are freed. Left to
/// itself, glibc raises this bound to the largest block that it has seen freed, and keeps the holes that such blocks leave.
int cglibc_map_blocks_from(size_t size);

#ifndef CGOPLUGINLAUNCHER_H
#define CGOPLUGINLAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// How many descriptors beside the first three a child can be given.
enum { goplugin_maximum_descriptors = 8 };

/// What a child is started with. The strings are borrowed for the duration of the call.
struct goplugin_launch {
  const char *path;
  char *const *arguments;   // with the program's name first, ended by NULL
  char *const *environment; // ended by NULL: the whole of what the child gets
  const char *directory;    // or NULL for the caller's
  int standard_input;
  int standard_output;
  int standard_error;
  const int *descriptors; // become 3, 4, 5 and so on
  size_t descriptor_count;
  bool no_new_privileges;
};

struct goplugin_child {
  pid_t pid;
  int pidfd; // close-on-exec; belongs to the caller
};

/// Starts a child that dies when the calling *thread* ends, in a process group of its own, with these descriptors and
/// no other, default signal handlers and an empty signal mask.
///
/// Returns 0, or the errno of the step that failed, EINVAL when there are too many descriptors; then nothing is left behind.
int goplugin_launch(const struct goplugin_launch *launch, struct goplugin_child *child);

/// Opens a descriptor of a running process. Returns it, or -errno.
int goplugin_pidfd_open(pid_t pid);

/// Sends `signal` to the process that `pidfd` stands for, and to no other that has taken over its number.
/// Returns 0 or an errno (ESRCH when it is gone).
int goplugin_pidfd_signal(int pidfd, int signal);

/// How a child ended. `code` is its exit code, or the signal that ended it.
struct goplugin_exit {
  bool signalled;
  int code;
};

/// Waits for the child behind `pidfd`, which the caller has seen to be over, ends what is left of its process group
/// while the number cannot have been reused, and reaps it. Returns 0 or an errno.
int goplugin_reap(struct goplugin_child child, struct goplugin_exit *how);

/// Makes a pipe whose ends are close-on-exec: `ends[0]` is read, `ends[1]` written. Returns 0 or an errno.
int goplugin_pipe(int ends[2]);

/// Makes `stdout` write out each line, also when it is no terminal. To be called before anything is printed.
void goplugin_buffer_output_by_line(void);

#endif

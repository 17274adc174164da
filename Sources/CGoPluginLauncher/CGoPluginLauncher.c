#define _GNU_SOURCE
#include "CGoPluginLauncher.h"

#include <stdio.h>

void goplugin_buffer_output_by_line(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static const size_t stack_size = 64 * 1024;

struct start {
  const struct goplugin_launch *launch;
  pid_t parent;
  int error;
};

// Descriptors that already lie among the first are moved away before, so that none overwrites another.
static int place_descriptors(const struct goplugin_launch *launch) {
  int descriptors[3 + goplugin_maximum_descriptors] = {
      launch->standard_input, launch->standard_output, launch->standard_error};
  const int count = 3 + (int)launch->descriptor_count;
  for (int i = 3; i < count; i++) descriptors[i] = launch->descriptors[i - 3];
  for (int i = 0; i < count; i++) {
    descriptors[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, count);
    if (descriptors[i] < 0) return errno;
  }
  for (int i = 0; i < count; i++)
    if (dup2(descriptors[i], i) < 0) return errno;
  // Whatever lies above, whoever opened it without close-on-exec, closes with the exec.
  if (syscall(SYS_close_range, count, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) return errno;
  return 0;
}

static int prepare(const struct start *start) {
  const struct goplugin_launch *launch = start->launch;
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action;
    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL) {
      action.sa_handler = SIG_DFL;
      action.sa_flags = 0;
      sigaction(signal, &action, NULL);
    }
  }
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return errno;
  if (getppid() != start->parent) _exit(127); // the parent died before the line above
  if (setpgid(0, 0) < 0) return errno;
  if (launch->directory && chdir(launch->directory) < 0) return errno;
  if (launch->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return errno;
  int error = place_descriptors(launch);
  if (error) return error;
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? errno : 0;
}

// Runs in the child, on a stack of its own but in the parent's memory, while the parent's thread stands still.
static int run_child(void *argument) {
  struct start *start = argument;
  start->error = prepare(start);
  if (start->error == 0) {
    execve(start->launch->path, start->launch->arguments, start->launch->environment);
    start->error = errno;
  }
  _exit(127);
}

int goplugin_launch(const struct goplugin_launch *launch, struct goplugin_child *child) {
  if (launch->descriptor_count > goplugin_maximum_descriptors) return EINVAL;
  char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return errno;

  // No handler of this process may run in the child, which shares its memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);

  struct start start = {.launch = launch, .parent = getpid(), .error = 0};
  int pidfd = -1;
  pid_t pid = clone(run_child, stack + stack_size, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, &pidfd);
  int error = pid < 0 ? errno : start.error;

  pthread_sigmask(SIG_SETMASK, &before, NULL);
  munmap(stack, stack_size);
  if (error && pid >= 0) {
    siginfo_t ignored;
    while (waitid(P_PIDFD, (id_t)pidfd, &ignored, WEXITED) < 0 && errno == EINTR) {}
    close(pidfd);
  }
  if (error) return error;
  child->pid = pid;
  child->pidfd = pidfd;
  return 0;
}

int goplugin_pidfd_open(pid_t pid) {
  long descriptor = syscall(SYS_pidfd_open, pid, 0);
  return descriptor < 0 ? -errno : (int)descriptor;
}

int goplugin_pidfd_signal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? errno : 0;
}

int goplugin_reap(struct goplugin_child child, struct goplugin_exit *how) {
  siginfo_t info = {0};
  while (waitid(P_PIDFD, (id_t)child.pidfd, &info, WEXITED | WNOWAIT) < 0)
    if (errno != EINTR) return errno;
  // The unreaped child still holds its number, so the group is the one it made.
  kill(-child.pid, SIGKILL);
  how->signalled = info.si_code != CLD_EXITED;
  how->code = info.si_status;
  while (waitid(P_PIDFD, (id_t)child.pidfd, &info, WEXITED) < 0)
    if (errno != EINTR) return errno;
  return 0;
}

int goplugin_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? errno : 0; }

#else

#include <errno.h>

int goplugin_launch(const struct goplugin_launch *launch, struct goplugin_child *child) { return ENOSYS; }
int goplugin_pidfd_open(pid_t pid) { return -ENOSYS; }
int goplugin_pidfd_signal(int pidfd, int signal) { return ENOSYS; }
int goplugin_reap(struct goplugin_child child, struct goplugin_exit *how) { return ENOSYS; }
int goplugin_pipe(int ends[2]) { return ENOSYS; }

#endif

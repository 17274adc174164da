#define _GNU_SOURCE
#include "CSandbox.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// linux/nsfs.h and linux/ipv6.h clash with the C library's headers.
#define GET_OWNING_NAMESPACE _IO(0xb7, 0x1)
struct ipv6_interface_request {
  struct in6_addr address;
  uint32_t prefix_length;
  int interface_index;
};

static const size_t stack_size = 64 * 1024;

// How long a process may take to set its network up: 10 seconds, in which it is looked at now and then whether it still lives.
enum { loopback_rounds = 100, loopback_round_milliseconds = 100 };

int csandbox_open_process(pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", pid);
  int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

static int open_namespace(int process, const char *name) {
  char path[32];
  snprintf(path, sizeof path, "ns/%s", name);
  return openat(process, path, O_RDONLY | O_CLOEXEC);
}

uint64_t csandbox_namespace(int process, const char *name) {
  struct stat status;
  int descriptor = open_namespace(process, name);
  if (descriptor < 0) return 0;
  uint64_t inode = fstat(descriptor, &status) == 0 ? status.st_ino : 0;
  close(descriptor);
  return inode;
}

// ---- In the network of another process
//
// A process with threads may not enter a user namespace, and a thread that has entered another network would stay there.
// So a child does it that shares this process's memory and table of descriptors and lives for a few system calls: what it
// opens is open here.

struct visit {
  int network;
  int owner; // the user namespace in which whoever enters has rights over that network; -1 when that is this one
  int (*work)(void *);
  void *argument;
  int error;
};

static int run_visit(void *argument) {
  struct visit *visit = argument;
  if (visit->owner >= 0 && setns(visit->owner, CLONE_NEWUSER) < 0)
    visit->error = errno;
  else if (setns(visit->network, CLONE_NEWNET) < 0)
    visit->error = errno;
  else
    visit->error = visit->work(visit->argument);
  _exit(0);
}

static bool is_same(int left, int right) {
  struct stat a, b;
  return fstat(left, &a) == 0 && fstat(right, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int visit_namespaces(struct visit *visit) {
  char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return errno;
  // No handler of this process may run in the child, which shares its memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  // Without a signal at its end, so that nobody who waits for children hears of this one.
  pid_t pid = clone(run_visit, stack + stack_size, CLONE_VM | CLONE_VFORK | CLONE_FILES, visit);
  int error = pid < 0 ? errno : visit->error;
  if (pid >= 0)
    while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR) {}
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  munmap(stack, stack_size);
  return error;
}

static int in_network(int process, int (*work)(void *), void *argument) {
  struct visit visit = {.work = work, .argument = argument, .owner = -1};
  visit.network = open_namespace(process, "net");
  if (visit.network < 0) return errno;
  int owner = ioctl(visit.network, GET_OWNING_NAMESPACE);
  if (owner < 0) {
    int error = errno;
    close(visit.network);
    return error;
  }
  int own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  if (own < 0 || !is_same(own, owner)) visit.owner = owner;
  int error = visit_namespaces(&visit);
  if (own >= 0) close(own);
  close(owner);
  close(visit.network);
  return error;
}

// ---- What is done there

static socklen_t socket_address(const struct csandbox_address *address, struct sockaddr_storage *storage) {
  memset(storage, 0, sizeof *storage);
  if (address->family == AF_INET6) {
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    memcpy(&v6->sin6_addr, address->bytes, 16);
    return sizeof *v6;
  }
  struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
  v4->sin_family = AF_INET;
  v4->sin_port = htons(address->port);
  memcpy(&v4->sin_addr, address->bytes, 4);
  return sizeof *v4;
}

// An IPv4 address needs a label of its own, and its bytes make one that no other address has.
static int add_v4(const struct csandbox_address *address) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const uint8_t *bytes = address->bytes;
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "lo:%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
  struct sockaddr_in *wanted = (struct sockaddr_in *)&request.ifr_addr;
  wanted->sin_family = AF_INET;
  memcpy(&wanted->sin_addr, bytes, 4);
  int error = ioctl(descriptor, SIOCSIFADDR, &request) < 0 ? errno : 0;
  // The kernel has guessed a network's mask; only this one address is meant.
  wanted->sin_addr.s_addr = 0xffffffff;
  if (!error && ioctl(descriptor, SIOCSIFNETMASK, &request) < 0) error = errno;
  close(descriptor);
  return error;
}

static int add_v6(const struct csandbox_address *address) {
  int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  struct ipv6_interface_request request = {.prefix_length = 128, .interface_index = (int)if_nametoindex("lo")};
  memcpy(&request.address, address->bytes, 16);
  int error = ioctl(descriptor, SIOCSIFADDR, &request) < 0 && errno != EEXIST ? errno : 0;
  close(descriptor);
  return error;
}

static int add_address(const struct csandbox_address *address) {
  return address->family == AF_INET6 ? add_v6(address) : add_v4(address);
}

static bool is_loopback_up(int descriptor) {
  struct ifreq request = {.ifr_name = "lo"};
  return ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}

// The process sets its network up itself, a moment after it is there. The kernel tells when that is done.
static int wait_for_loopback(int process) {
  int changes = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (changes < 0) return errno;
  struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  int question = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int error = question < 0 || bind(changes, (struct sockaddr *)&links, sizeof links) < 0 ? errno : ETIMEDOUT;
  for (int round = 0; error == ETIMEDOUT && round < loopback_rounds; round++) {
    char ignored[4096];
    struct pollfd change = {.fd = changes, .events = POLLIN};
    if (is_loopback_up(question)) {
      error = 0;
    } else if (faccessat(process, "ns/net", F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
      error = ESRCH;
    } else if (poll(&change, 1, loopback_round_milliseconds) > 0) {
      while (recv(changes, ignored, sizeof ignored, 0) > 0) {}
    }
  }
  if (question >= 0) close(question);
  close(changes);
  return error;
}

struct adding {
  int process;
  const struct csandbox_address *address;
};

static int add_when_up(void *argument) {
  const struct adding *adding = argument;
  int error = wait_for_loopback(adding->process);
  return error ? error : add_address(adding->address);
}

int csandbox_add_address(int process, const struct csandbox_address *address) {
  struct adding adding = {.process = process, .address = address};
  return in_network(process, add_when_up, &adding);
}

struct listening {
  int process;
  const struct csandbox_address *addresses;
  size_t count;
  int backlog;
  int *sockets;
  size_t made;
};

static int listen_on(const struct csandbox_address *address, int backlog, int *made) {
  struct sockaddr_storage storage;
  socklen_t length = socket_address(address, &storage);
  int descriptor = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  int yes = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (address->family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  int result = bind(descriptor, (struct sockaddr *)&storage, length);
  if (result < 0 && errno == EADDRNOTAVAIL) {
    int error = add_address(address);
    if (error) {
      close(descriptor);
      return error;
    }
    result = bind(descriptor, (struct sockaddr *)&storage, length);
  }
  if (result < 0 || listen(descriptor, backlog) < 0) {
    int error = errno;
    close(descriptor);
    return error;
  }
  *made = descriptor;
  return 0;
}

static int listen_on_all(void *argument) {
  struct listening *listening = argument;
  int error = wait_for_loopback(listening->process);
  if (error) return error;
  for (; listening->made < listening->count; listening->made++) {
    error = listen_on(&listening->addresses[listening->made], listening->backlog, &listening->sockets[listening->made]);
    if (error) return error;
  }
  return 0;
}

int csandbox_listen(int process, const struct csandbox_address *addresses, size_t count, int backlog, int *sockets, size_t *failed) {
  struct listening listening = {
      .process = process, .addresses = addresses, .count = count, .backlog = backlog, .sockets = sockets};
  int error = in_network(process, listen_on_all, &listening);
  if (!error) return 0;
  for (size_t i = 0; i < listening.made; i++) close(sockets[i]);
  *failed = listening.made;
  return error;
}

struct making {
  int family;
  size_t count;
  int *sockets;
  size_t made;
};

static int make_all(void *argument) {
  struct making *making = argument;
  for (; making->made < making->count; making->made++) {
    int descriptor = socket(making->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return errno;
    making->sockets[making->made] = descriptor;
  }
  return 0;
}

int csandbox_sockets(int process, int family, size_t count, int *sockets) {
  struct making making = {.family = family, .count = count, .sockets = sockets};
  int error = in_network(process, make_all, &making);
  if (error)
    for (size_t i = 0; i < making.made; i++) close(sockets[i]);
  return error;
}

// ---- The rest

int csandbox_connect(int socket, const struct csandbox_address *address) {
  struct sockaddr_storage storage;
  socklen_t length = socket_address(address, &storage);
  return connect(socket, (struct sockaddr *)&storage, length) < 0 && errno != EINPROGRESS ? errno : 0;
}

static int open_beneath(int process, const char *folder, const char *name) {
  char path[128];
  if (snprintf(path, sizeof path, "root%s", folder) >= (int)sizeof path) return -ENAMETOOLONG;
  int directory = openat(process, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return -errno;
  struct open_how how = {
      .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
  };
  long descriptor = syscall(SYS_openat2, directory, name, &how, sizeof how);
  int error = errno;
  close(directory);
  return descriptor < 0 ? -error : (int)descriptor;
}

int csandbox_connect_unix(int process, const char *folder, const char *name) {
  int target = open_beneath(process, folder, name);
  if (target < 0) return target;
  // The descriptor stands for the socket itself: what its name means now, and how long it is, no longer matters.
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", target);
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int error = descriptor < 0 ? errno : 0;
  if (!error && connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) error = errno;
  close(target);
  if (!error) return descriptor;
  if (descriptor >= 0) close(descriptor);
  return -error;
}

int csandbox_limit(pid_t pid, int resource, uint64_t value) {
  struct rlimit64 limit;
  if (prlimit64(pid, resource, NULL, &limit) < 0) return errno;
  if (value < limit.rlim_max) limit.rlim_max = value;
  limit.rlim_cur = limit.rlim_max;
  return prlimit64(pid, resource, &limit, NULL) < 0 ? errno : 0;
}

int csandbox_give_way(pid_t pid, int nice) { return setpriority(PRIO_PROCESS, (id_t)pid, nice) < 0 ? errno : 0; }

int csandbox_signal(int process, int signal) {
  return syscall(SYS_pidfd_send_signal, process, signal, NULL, 0) < 0 ? errno : 0;
}

int csandbox_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? errno : 0; }

int csandbox_memory_file(const void *bytes, size_t count) {
  int descriptor = memfd_create("sandbox", MFD_CLOEXEC);
  if (descriptor < 0) return -errno;
  size_t written = 0;
  while (written < count) {
    ssize_t result = pwrite(descriptor, (const char *)bytes + written, count - written, (off_t)written);
    if (result < 0 && errno != EINTR) {
      int error = errno;
      close(descriptor);
      return -error;
    }
    if (result > 0) written += (size_t)result;
  }
  return descriptor;
}

#endif

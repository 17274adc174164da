#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift cannot say: calls that belong to one thread or to a process without threads.

/// An address of the loopback interface in a sandbox's network, and a port.
struct csandbox_address {
  int family;        // AF_INET or AF_INET6
  uint8_t bytes[16]; // in network order; an IPv4 address has the first four
  uint16_t port;
};

/// Opens the process `pid` in /proc. What is reached through the descriptor is that process or, once it is over, nothing.
/// Returns it, or -errno.
int csandbox_open_process(pid_t pid);

/// Returns the inode number of a namespace of the process, `name` being "net" or such; 0 when it cannot be seen.
uint64_t csandbox_namespace(int process, const char *name);

/// Once the network of `process` is up, makes `count` sockets in it that listen on `addresses`, and writes them to `sockets`. An address
/// that the loopback interface lacks there is added to it. Returns 0, or an errno; then `failed` is the address's index and
/// no socket is left behind. The sockets are non-blocking and close-on-exec.
int csandbox_listen(int process, const struct csandbox_address *addresses, size_t count, int backlog, int *sockets, size_t *failed);

/// Makes `count` sockets of `family` in the network of `process`, not yet connected. As `csandbox_listen` otherwise.
int csandbox_sockets(int process, int family, size_t count, int *sockets);

/// Adds `address` to the loopback interface in the network of `process`. Returns 0 or an errno.
int csandbox_add_address(int process, const struct csandbox_address *address);

/// Starts to connect a socket. Returns 0, also when that is under way, or an errno.
int csandbox_connect(int socket, const struct csandbox_address *address);

/// Connects to a Unix socket in the file system of `process`: the socket `name` in the folder `folder` there. No link is
/// followed, and `name` cannot lead out of the folder. Returns a non-blocking descriptor, or -errno.
int csandbox_connect_unix(int process, const char *folder, const char *name);

/// Sets a limit of another process, both its soft and its hard one, to `value` or to the hard one it has where that is
/// lower. Returns 0 or an errno.
int csandbox_limit(pid_t pid, int resource, uint64_t value);

/// Makes another process give way to others. Returns 0 or an errno.
int csandbox_give_way(pid_t pid, int nice);

/// Sends a signal to `process` and to no other. Returns 0 or an errno.
int csandbox_signal(int process, int signal);

/// Makes a pipe whose ends are close-on-exec: `ends[0]` is read, `ends[1]` written. Returns 0 or an errno.
int csandbox_pipe(int ends[2]);

/// Makes a file in memory that holds `count` bytes and is read from its start. Close-on-exec. Returns it, or -errno.
int csandbox_memory_file(const void *bytes, size_t count);

#endif

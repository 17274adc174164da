// A program that tries to get out of the sandbox it is run in. Each command prints one line a try: what it got, or the name
// of the errno. It must be able to do all it tries where it is not held: the tests run it outside too.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *what, long result) {
  printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
}

// ---- Files

static void read_file(const char *path) {
  char buffer[4096];
  int descriptor = open(path, O_RDONLY);
  ssize_t count = descriptor < 0 ? -1 : read(descriptor, buffer, sizeof buffer);
  report(path, count);
}

static void write_file(const char *path) {
  int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
  report(path, descriptor < 0 ? -1 : write(descriptor, "5\n", 2));
}

static void list_folder(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return report(path, -1);
  struct dirent *entry;
  while ((entry = readdir(folder)))
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) printf("%s\n", entry->d_name);
  closedir(folder);
}

// Writes until nothing more goes, and prints how many MiB went.
static void fill_file(const char *path) {
  static char block[1 << 20];
  int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
  if (descriptor < 0) return report(path, -1);
  int written = 0;
  while (written < 4096 && write(descriptor, block, sizeof block) == sizeof block) written++;
  printf("%d %s\n", written, strerrorname_np(errno));
}

// ---- System calls

static int child_of_clone(void *argument) { return argument ? 0 : 0; }

static void try_calls(void) {
  static char stack[65536];
  char buffer[256] = {0};
  struct iovec vector = {buffer, sizeof buffer};
  report("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
  report("process_vm_readv", syscall(SYS_process_vm_readv, getpid(), &vector, 1, &vector, 1, 0));
  report("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  report("umount2", umount2("/tmp", MNT_DETACH));
  report("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
  report("chroot", chroot("/tmp"));
  report("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  report("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/tmp", 1));
  report("unshare", unshare(CLONE_NEWUSER));
  report("unshare", unshare(CLONE_NEWNET));
  report("setns", setns(open("/proc/self/ns/net", O_RDONLY), 0));
  report("clone", clone(child_of_clone, stack + sizeof stack, CLONE_NEWUSER | SIGCHLD, NULL));
  report("clone3", syscall(SYS_clone3, NULL, 0));
  report("bpf", syscall(SYS_bpf, 0, buffer, sizeof buffer));
  report("perf_event_open", syscall(SYS_perf_event_open, buffer, 0, -1, -1, 0));
  report("userfaultfd", syscall(SYS_userfaultfd, 1));
  report("io_uring_setup", syscall(SYS_io_uring_setup, 1, buffer));
  report("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  report("add_key", syscall(SYS_add_key, "user", "name", "x", 1, -3));
  report("init_module", syscall(SYS_init_module, buffer, 0, ""));
  report("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
  report("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, buffer, 0));
  report("syslog", syscall(SYS_syslog, 10, NULL, 0));
  report("memfd_secret", syscall(447, 0));
  report("unknown", syscall(1000));
  report("personality", syscall(SYS_personality, 0x0040000));
  report("TIOCSTI", ioctl(0, TIOCSTI, "x"));
  report("AF_PACKET", socket(AF_PACKET, SOCK_RAW, 0));
  report("AF_VSOCK", socket(AF_VSOCK, SOCK_STREAM, 0));
  report("AF_ALG", socket(AF_ALG, SOCK_SEQPACKET, 0));
  report("NETLINK_KOBJECT_UEVENT", socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
  report("NETLINK_ROUTE", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  report("mknod", mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
  report("setuid", setuid(0));
  report("sethostname", sethostname("x", 1));
}

// ---- The network

static int connected(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  int failure = getaddrinfo(host, port, &hints, &found);
  if (failure) {
    printf("unknown-host %s\n", gai_strerror(failure));
    return -1;
  }
  int descriptor = -1;
  for (struct addrinfo *each = found; each && descriptor < 0; each = each->ai_next) {
    descriptor = socket(each->ai_family, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(descriptor, each->ai_addr, each->ai_addrlen) < 0) {
      int error = errno;
      close(descriptor);
      descriptor = -1;
      errno = error;
    }
  }
  if (descriptor < 0) printf("%s\n", strerrorname_np(errno));
  freeaddrinfo(found);
  return descriptor;
}

// Sends one line, says that it was all, and prints what comes back.
static void converse(const char *host, const char *port, const char *line) {
  char buffer[4096];
  int descriptor = connected(host, port);
  if (descriptor < 0) return;
  // A reset that comes before the line is told by the write, and then not again by the read.
  if (dprintf(descriptor, "%s\n", line) < 0) {
    printf("%s\n", strerrorname_np(errno));
    return;
  }
  shutdown(descriptor, SHUT_WR);
  ssize_t count;
  bool heard = false;
  while ((count = read(descriptor, buffer, sizeof buffer)) > 0) {
    fwrite(buffer, 1, (size_t)count, stdout);
    heard = true;
  }
  if (count < 0)
    printf("%s\n", strerrorname_np(errno));
  else if (!heard)
    printf("silence\n");
}

// Sends so many MiB and reads them back, both at once, and prints how many came and whether they were the same.
static void pump(const char *host, const char *port, long megabytes) {
  static unsigned char block[65536];
  int descriptor = connected(host, port);
  if (descriptor < 0) return;
  const long total = megabytes << 20;
  if (fork() == 0) {
    for (long sent = 0; sent < total;) {
      for (size_t i = 0; i < sizeof block; i++) block[i] = (unsigned char)((sent + (long)i) * 31 >> 3);
      ssize_t count = write(descriptor, block, sizeof block);
      if (count <= 0) _exit(1);
      // A short write starts the next block in the middle.
      sent += count;
    }
    shutdown(descriptor, SHUT_WR);
    _exit(0);
  }
  long received = 0;
  bool same = true;
  ssize_t count;
  while ((count = read(descriptor, block, sizeof block)) > 0) {
    for (ssize_t i = 0; i < count; i++) same &= block[i] == (unsigned char)((received + i) * 31 >> 3);
    received += count;
  }
  wait(NULL);
  printf("%ld %s\n", received, same ? "same" : "different");
}

// Holds so many connections at once, and prints how many of them answer.
static void crowd(const char *host, const char *port, int count) {
  int *descriptors = calloc((size_t)count, sizeof(int)), answered = 0;
  for (int i = 0; i < count; i++) {
    descriptors[i] = connected(host, port);
    if (descriptors[i] < 0) return;
  }
  for (int i = 0; i < count; i++) dprintf(descriptors[i], "%d\n", i);
  for (int i = 0; i < count; i++) {
    char wanted[16], got[16] = {0};
    int length = snprintf(wanted, sizeof wanted, "%d\n", i);
    if (recv(descriptors[i], got, (size_t)length, MSG_WAITALL) == length && !strcmp(wanted, got)) answered++;
  }
  printf("%d\n", answered);
}

// Opens so many connections at once, uses and closes them in turn, and prints how many of them answer.
static void queue(const char *host, const char *port, int count) {
  int *descriptors = calloc((size_t)count, sizeof(int)), answered = 0;
  for (int i = 0; i < count; i++) {
    descriptors[i] = connected(host, port);
    if (descriptors[i] < 0) return;
  }
  for (int i = 0; i < count; i++) {
    char got;
    if (write(descriptors[i], "x", 1) == 1 && read(descriptors[i], &got, 1) == 1 && got == 'x') answered++;
    close(descriptors[i]);
  }
  printf("%d\n", answered);
}

// Answers connections on a port with what they say, until it is killed.
static void serve(int port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 16) < 0) return report("serve", -1);
  printf("serving\n");
  fflush(stdout);
  for (;;) {
    char buffer[4096];
    ssize_t count;
    int descriptor = accept(listener, NULL, NULL);
    while ((count = read(descriptor, buffer, sizeof buffer)) > 0)
      if (write(descriptor, buffer, (size_t)count) < 0) break;
    close(descriptor);
  }
}

static void call_abstract(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = (size_t)snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
  int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  report("abstract", connect(descriptor, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
}

static void list_interfaces(void) {
  struct if_nameindex *all = if_nameindex();
  if (!all) return report("interfaces", -1);
  for (struct if_nameindex *each = all; each->if_index; each++) printf("%s\n", each->if_name);
}

// ---- Using up what there is

static void start_processes(int wanted) {
  int count = 0;
  for (; count < wanted; count++) {
    pid_t pid = fork();
    if (pid < 0) break;
    if (pid == 0) {
      pause();
      _exit(0);
    }
  }
  printf("%d %s\n", count, count < wanted ? strerrorname_np(errno) : "ok");
}

// In steps of 1 MiB, each of them written to.
static void use_memory(int megabytes, int flags) {
  for (int count = 0; count < megabytes; count++) {
    char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
      printf("%d %s\n", count, strerrorname_np(errno));
      return;
    }
    memset(block, 1, 1 << 20);
  }
  printf("%d ok\n", megabytes);
}

static void open_files(void) {
  int count = 0;
  while (count < 100000 && open("/dev/null", O_RDONLY) >= 0) count++;
  printf("%d %s\n", count, strerrorname_np(errno));
}

static void show_host_name(void) {
  char name[256] = {0};
  gethostname(name, sizeof name - 1);
  printf("%s\n", name);
}

// So many processes that use the processor without end.
static void spin(int count) {
  while (--count > 0 && fork() != 0) {}
  for (;;) {}
}

static void show_status(void) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "Cap", 3) || !strncmp(line, "NoNewPrivs", 10) || !strncmp(line, "Seccomp:", 8) || !strncmp(line, "Uid", 3))
      fputs(line, stdout);
}

int main(int count, char **arguments) {
  if (count < 2) return 64;
  const char *command = arguments[1];
  char **rest = arguments + 2;
  if (!strcmp(command, "read")) {
    for (; *rest; rest++) read_file(*rest);
  } else if (!strcmp(command, "write")) {
    for (; *rest; rest++) write_file(*rest);
  } else if (!strcmp(command, "list")) {
    list_folder(rest[0]);
  } else if (!strcmp(command, "fill-file")) {
    fill_file(rest[0]);
  } else if (!strcmp(command, "kill")) {
    report("kill", kill(atoi(rest[0]), SIGKILL));
  } else if (!strcmp(command, "calls")) {
    try_calls();
  } else if (!strcmp(command, "converse")) {
    converse(rest[0], rest[1], rest[2]);
  } else if (!strcmp(command, "pump")) {
    pump(rest[0], rest[1], atol(rest[2]));
  } else if (!strcmp(command, "crowd")) {
    crowd(rest[0], rest[1], atoi(rest[2]));
  } else if (!strcmp(command, "queue")) {
    queue(rest[0], rest[1], atoi(rest[2]));
  } else if (!strcmp(command, "serve")) {
    serve(atoi(rest[0]));
  } else if (!strcmp(command, "abstract")) {
    call_abstract(rest[0]);
  } else if (!strcmp(command, "interfaces")) {
    list_interfaces();
  } else if (!strcmp(command, "processes")) {
    start_processes(atoi(rest[0]));
  } else if (!strcmp(command, "memory")) {
    use_memory(atoi(rest[0]), MAP_PRIVATE);
  } else if (!strcmp(command, "shared-memory")) {
    use_memory(atoi(rest[0]), MAP_SHARED);
  } else if (!strcmp(command, "files")) {
    open_files();
  } else if (!strcmp(command, "host-name")) {
    show_host_name();
  } else if (!strcmp(command, "segment")) {
    report("segment", shmget((key_t)atoi(rest[0]), 0, 0));
  } else if (!strcmp(command, "spin")) {
    spin(rest[0] ? atoi(rest[0]) : 1);
  } else if (!strcmp(command, "status")) {
    show_status();
  } else if (!strcmp(command, "raise")) {
    raise(atoi(rest[0]));
  } else if (!strcmp(command, "environment")) {
    for (char **each = environ; *each; each++) printf("%s\n", *each);
  } else if (!strcmp(command, "wait")) {
    // With a child, so that there is something to be left behind.
    if (fork() == 0) pause();
    printf("waiting\n");
    fflush(stdout);
    pause();
  } else {
    return 64;
  }
  return 0;
}

/* A civil clock that jumps, for one process: loaded with LD_PRELOAD, it adds the nanoseconds that stand in the file
 * ROPEWALK_CHAOS_CLOCK to what the system calls the time. Monotonic clocks are left alone, as they are when somebody
 * sets the real one; what waits until a civil time waits as long as it would have waited anyway. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NANOSECONDS = 1000000000 };

static const volatile int64_t *shift;

__attribute__((constructor)) static void open_shift(void) {
  const char *path = getenv("ROPEWALK_CHAOS_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *bytes = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (bytes != MAP_FAILED) shift = bytes;
  close(file);
}

static void add(struct timespec *time, int64_t nanoseconds) {
  int64_t sum = (int64_t)time->tv_sec * NANOSECONDS + time->tv_nsec + nanoseconds;
  time->tv_sec = sum / NANOSECONDS;
  time->tv_nsec = sum % NANOSECONDS;
}

static int64_t shifted(void) { return shift ? *shift : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) add(now, shifted());
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec time;
  if (clock_gettime(CLOCK_REALTIME, &time) != 0) return -1;
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  if (now) *now = time.tv_sec;
  return time.tv_sec;
}

/* The kernel waits by the real clock. Times of the monotonic one are small: it began when the machine did. */
static struct timespec real(const struct timespec *until) {
  struct timespec time = *until;
  if (time.tv_sec > 400000000) add(&time, -shifted());
  return time;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  if (!next) next = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!next) next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  struct timespec time = real(until);
  return next(condition, mutex, &time);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
  static int (*next)(sem_t *, const struct timespec *);
  if (!next) next = dlsym(RTLD_NEXT, "sem_timedwait");
  struct timespec time = real(until);
  return next(semaphore, &time);
}

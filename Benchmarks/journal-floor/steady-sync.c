/* A disk whose sync takes ROPEWALK_BENCH_SYNC nanoseconds, no more and no less: loaded with LD_PRELOAD before a program
 * whose files are in memory, so that figures of different disks can be compared. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static long nanoseconds;

__attribute__((constructor)) static void read_time(void) {
  const char *text = getenv("ROPEWALK_BENCH_SYNC");
  nanoseconds = text ? atol(text) : 0;
}

static int wait_for_disk(void) {
  /* The kernel rounds sleeps up by 50 us unless it is told otherwise. */
  prctl(PR_SET_TIMERSLACK, 1);
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += nanoseconds;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) continue;
  return 0;
}

int fsync(int file) {
  (void)file;
  return wait_for_disk();
}

int fdatasync(int file) {
  (void)file;
  return wait_for_disk();
}

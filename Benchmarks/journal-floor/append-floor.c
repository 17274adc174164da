/* The least that a durable journal can cost: append-floor FILE MESSAGES BYTES BATCH
 *
 * Appends MESSAGES records of BYTES to one file and syncs it (fdatasync) after every BATCH of them, as a log does that knows
 * nothing of its records. Prints how many records a second that were. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "append-floor FILE MESSAGES BYTES BATCH\n");
    return 64;
  }
  long messages = atol(arguments[2]);
  size_t bytes = (size_t)atol(arguments[3]);
  long batch = atol(arguments[4]);
  int file = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) {
    perror(arguments[1]);
    return 1;
  }
  char *records = malloc(bytes * (size_t)batch);
  if (!records) return 1;
  memset(records, 7, bytes * (size_t)batch);
  double start = now();
  for (long done = 0; done < messages;) {
    long part = messages - done < batch ? messages - done : batch;
    size_t size = bytes * (size_t)part;
    if (write(file, records, size) != (ssize_t)size || fdatasync(file) != 0) {
      perror(arguments[1]);
      return 1;
    }
    done += part;
  }
  printf("{\"per_second\": %.0f}\n", (double)messages / (now() - start));
  free(records);
  unlink(arguments[1]);
  return 0;
}

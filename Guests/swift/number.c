/* What `Double("…")` and `Float("…")` of Embedded Swift call, which leaves them to the platform. Each answers the end of
 * the number, or NULL where there is none. */
#include <stdlib.h>

const char *_swift_stdlib_strtod_clocale(const char *text, double *number) {
  char *end;
  *number = strtod(text, &end);
  return end == text ? NULL : end;
}

const char *_swift_stdlib_strtof_clocale(const char *text, float *number) {
  char *end;
  *number = strtof(text, &end);
  return end == text ? NULL : end;
}

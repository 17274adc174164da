/* Numbers as JSON has them, read and written without the arithmetic of many words that QuickJS and the C library use
 * for every number. What is not of that kind goes to them. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "dtoa.h"

#define EXACT_DIGITS 15         /* so many decimal digits survive being a double and back */
#define EXACT_INTEGER 1e15      /* the first integer with more */
#define MOST_DECIMALS 9

/* QuickJS's own, under the name that the build gives it. */
int js_dtoa_exact(char *text, double number, int radix, int digits, int flags, JSDTOATempMem *memory);

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The digits of an integer with the decimal point in front of the last `decimals`; answers the length. */
static int write_decimal(char *text, uint64_t digits, int decimals) {
  char reversed[24];
  int length = 0;
  while (digits > 0 || length <= decimals) {
    if (length == decimals && decimals > 0) reversed[length++] = '.', decimals = -1;
    reversed[length++] = (char)('0' + digits % 10);
    digits /= 10;
  }
  for (int index = 0; index < length; index++) text[index] = reversed[length - 1 - index];
  text[length] = 0;
  return length;
}

/* A number is the decimal that divides back to it, and with at most 15 digits there is only one such. */
int js_dtoa(char *text, double number, int radix, int digits, int flags, JSDTOATempMem *memory) {
  double size = fabs(number);
  if (radix == 10 && flags == JS_DTOA_FORMAT_FREE && size < EXACT_INTEGER && (size >= 1e-5 || size == 0)) {
    for (int decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
      double scaled = nearbyint(size * power_of_ten[decimals]);
      if (scaled >= EXACT_INTEGER) break;
      if (scaled / power_of_ten[decimals] != size) continue;
      if (number < 0) *text = '-';
      return (number < 0) + write_decimal(text + (number < 0), (uint64_t)scaled, decimals);
    }
  }
  return js_dtoa_exact(text, number, radix, digits, flags, memory);
}

/* Replaces the C library's for QuickJS, which calls it only with what JSON allows a number to be. Few digits and a
 * small power of ten are both exact doubles, and one operation on them rounds correctly (W. D. Clinger, 1990). */
double strtod(const char *restrict text, char **restrict end) {
  const char *at = text;
  uint64_t digits = 0;
  int count = 0, decimals = 0;
  bool negative = *at == '-';
  if (negative) at++;
  for (; *at >= '0' && *at <= '9'; at++, count += digits != 0) digits = digits * 10 + (uint64_t)(*at - '0');
  if (*at == '.') {
    for (at++; *at >= '0' && *at <= '9'; at++, count += digits != 0, decimals++) digits = digits * 10 + (uint64_t)(*at - '0');
  }
  if (count > EXACT_DIGITS || decimals > 22 || *at == 'e' || *at == 'E' || at == text + negative) {
    JSATODTempMem memory;
    return js_atod(text, (const char **)end, 10, 0, &memory);
  }
  if (end) *end = (char *)at;
  double number = (double)digits / power_of_ten[decimals];
  return negative ? -number : number;
}

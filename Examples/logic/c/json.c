#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How deep values may lie in one another. */
#define MOST_LEVELS 512

struct search {
  const char *key;
  const char *end;
  enum json_finding finding;
  double number;
};

/* Each function that scans takes a place in the text and answers the place behind what it scanned, or NULL where that is
 * malformed. The zero behind the text is valid nowhere, so only those that read ahead look for the end. */
static inline __attribute__((always_inline)) const char *scan_value(struct search *search, const char *at, int level);

/* One comparison where there are none, as in most of what programs write. */
static const char *skip_blanks(const char *at) {
  while ((unsigned char)*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

static bool is_digit(char character) { return character >= '0' && character <= '9'; }

static int hexadecimal(char digit) {
  if (is_digit(digit)) return digit - '0';
  digit |= 0x20;
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* `at` is behind the backslash. */
static const char *scan_escape(const char *at) {
  if (*at != 'u') return *at && strchr("\"\\/bfnrt", *at) ? at + 1 : NULL;
  at++;
  for (int digit = 0; digit < 4; digit++, at++) {
    if (hexadecimal(*at) < 0) return NULL;
  }
  return at;
}

#define EACH_BYTE(value) (0x0101010101010101u * (value))

/* The high bit of each byte that is a quote, a backslash or a control character. Right for the lowest such byte; the
 * ones above it may be wrong. */
static uint64_t marks(uint64_t bytes) {
  uint64_t quote = bytes ^ EACH_BYTE('"'), backslash = bytes ^ EACH_BYTE('\\');
  uint64_t below = (quote - EACH_BYTE(1)) & ~quote;
  below |= (backslash - EACH_BYTE(1)) & ~backslash;
  below |= (bytes - EACH_BYTE(0x20)) & ~bytes;
  return below & EACH_BYTE(0x80);
}

/* The next quote, backslash or control character; eight bytes at a time, as strings are most of a text. */
static const char *skip_plain(struct search *search, const char *at) {
  for (uint64_t bytes; search->end - at >= 8; at += 8) {
    memcpy(&bytes, at, 8);
    uint64_t found = marks(bytes);
    if (found) return at + __builtin_ctzll(found) / 8;
  }
  while (*at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) at++;
  return at;
}

static const char *scan_string(struct search *search, const char *at) {
  if (*at != '"') return NULL;
  at++;
  while (at) {
    at = skip_plain(search, at);
    if (*at == '"') return at + 1;
    at = *at == '\\' ? scan_escape(at + 1) : NULL;
  }
  return NULL;
}

static const char *scan_digits(const char *at) {
  if (!is_digit(*at)) return NULL;
  do at++;
  while (is_digit(*at));
  return at;
}

static const char *scan_number(const char *at) {
  if (*at == '-') at++;
  at = *at == '0' ? at + 1 : scan_digits(at);
  if (at && *at == '.') at = scan_digits(at + 1);
  if (!at || (*at != 'e' && *at != 'E')) return at;
  at++;
  return scan_digits(*at == '+' || *at == '-' ? at + 1 : at);
}

static const char *scan_word(const char *at, const char *word) {
  size_t length = strlen(word);
  return strncmp(at, word, length) == 0 ? at + length : NULL;
}

/* The character of an escape whose backslash was read; 0 for those that no key has. */
static char unescaped(const char **at) {
  char kind = *(*at)++;
  if (kind != 'u') return strchr("\"\\/", kind) ? kind : 0;
  int code = 0;
  for (int digit = 0; digit < 4; digit++) code = code << 4 | hexadecimal(*(*at)++);
  return code < 0x80 ? (char)code : 0;
}

/* Whether the string between two quotes is the key, which is ASCII without control characters. */
static bool spells(const char *at, const char *end, const char *key) {
  for (; at < end && *key; key++) {
    char character = *at++;
    if (character == '\\') character = unescaped(&at);
    if (character != *key) return false;
  }
  return at == end && !*key;
}

static void note(struct search *search, const char *value) {
  search->finding = *value == '-' || is_digit(*value) ? JSON_NUMBER : JSON_OTHER;
  if (search->finding == JSON_NUMBER) search->number = strtod(value, NULL);
}

static const char *scan_member(struct search *search, const char *at, int level) {
  const char *name = at + 1;
  at = scan_string(search, at);
  if (!at) return NULL;
  bool is_wanted = level == 0 && spells(name, at - 1, search->key);
  at = skip_blanks(at);
  if (*at != ':') return NULL;
  const char *value = skip_blanks(at + 1);
  at = scan_value(search, value, level + 1);
  if (at && is_wanted) note(search, value);
  return at;
}

/* Only what holds other values is worth a call. */
#define CALLED __attribute__((noinline))

CALLED static const char *scan_object(struct search *search, const char *at, int level) {
  at = skip_blanks(at + 1);
  if (*at == '}') return at + 1;
  while ((at = scan_member(search, at, level))) {
    at = skip_blanks(at);
    if (*at == '}') return at + 1;
    if (*at != ',') return NULL;
    at = skip_blanks(at + 1);
  }
  return NULL;
}

CALLED static const char *scan_array(struct search *search, const char *at, int level) {
  at = skip_blanks(at + 1);
  if (*at == ']') return at + 1;
  while ((at = scan_value(search, at, level + 1))) {
    at = skip_blanks(at);
    if (*at == ']') return at + 1;
    if (*at != ',') return NULL;
    at = skip_blanks(at + 1);
  }
  return NULL;
}

static inline const char *scan_value(struct search *search, const char *at, int level) {
  if (level > MOST_LEVELS) return NULL;
  switch (*at) {
    case '{': return scan_object(search, at, level);
    case '[': return scan_array(search, at, level);
    case '"': return scan_string(search, at);
    case 't': return scan_word(at, "true");
    case 'f': return scan_word(at, "false");
    case 'n': return scan_word(at, "null");
    default: return scan_number(at);
  }
}

enum json_finding json_member_number(const char *json, unsigned length, const char *key, double *number) {
  struct search search = {.key = key, .end = json + length, .finding = JSON_OTHER};
  const char *at = scan_value(&search, skip_blanks(json), 0);
  if (!at || skip_blanks(at) != search.end) return JSON_MALFORMED;
  *number = search.number;
  return search.finding;
}

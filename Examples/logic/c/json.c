#include "json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How deep values may lie in one another. */
#define MOST_LEVELS 512

/* The zero behind the text is valid nowhere, so nothing here needs to look for the end. */
struct scanner {
  const char *at;
  const char *key;
  enum json_finding finding;
  double number;
};

static bool scan_value(struct scanner *scanner, int level);

static void skip_blanks(struct scanner *scanner) {
  while (*scanner->at == ' ' || *scanner->at == '\n' || *scanner->at == '\r' || *scanner->at == '\t') scanner->at++;
}

/* Skips the character where it is next. */
static bool take(struct scanner *scanner, char character) {
  if (*scanner->at != character) return false;
  scanner->at++;
  return true;
}

static int hexadecimal(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  digit |= 0x20;
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool scan_escape(struct scanner *scanner) {
  char kind = *scanner->at;
  if (kind == 0) return false;
  scanner->at++;
  if (kind != 'u') return strchr("\"\\/bfnrt", kind) != NULL;
  for (int digit = 0; digit < 4; digit++, scanner->at++) {
    if (hexadecimal(*scanner->at) < 0) return false;
  }
  return true;
}

static bool scan_string(struct scanner *scanner) {
  if (!take(scanner, '"')) return false;
  for (;;) {
    unsigned char character = (unsigned char)*scanner->at;
    if (character < 0x20) return false;
    scanner->at++;
    if (character == '"') return true;
    if (character == '\\' && !scan_escape(scanner)) return false;
  }
}

static bool scan_digits(struct scanner *scanner) {
  if (*scanner->at < '0' || *scanner->at > '9') return false;
  while (*scanner->at >= '0' && *scanner->at <= '9') scanner->at++;
  return true;
}

static bool scan_number(struct scanner *scanner) {
  take(scanner, '-');
  if (!take(scanner, '0') && !scan_digits(scanner)) return false;
  if (take(scanner, '.') && !scan_digits(scanner)) return false;
  if (!take(scanner, 'e') && !take(scanner, 'E')) return true;
  if (!take(scanner, '+')) take(scanner, '-');
  return scan_digits(scanner);
}

static bool scan_word(struct scanner *scanner, const char *word) {
  size_t length = strlen(word);
  if (strncmp(scanner->at, word, length) != 0) return false;
  scanner->at += length;
  return true;
}

/* The character of an escape whose backslash was read; 0 for those that no key of ours has. */
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

static bool scan_member(struct scanner *scanner, int level) {
  const char *name = scanner->at;
  if (!scan_string(scanner)) return false;
  bool is_wanted = level == 0 && spells(name + 1, scanner->at - 1, scanner->key);
  skip_blanks(scanner);
  if (!take(scanner, ':')) return false;
  skip_blanks(scanner);
  const char *value = scanner->at;
  if (!scan_value(scanner, level + 1)) return false;
  if (is_wanted) {
    bool is_number = *value == '-' || (*value >= '0' && *value <= '9');
    scanner->finding = is_number ? JSON_NUMBER : JSON_OTHER;
    if (is_number) scanner->number = strtod(value, NULL);
  }
  return true;
}

static bool scan_item(struct scanner *scanner, int level) { return scan_value(scanner, level + 1); }

static bool scan_list(struct scanner *scanner, char close, bool (*scan)(struct scanner *, int), int level) {
  scanner->at++;
  skip_blanks(scanner);
  if (take(scanner, close)) return true;
  for (;;) {
    if (!scan(scanner, level)) return false;
    skip_blanks(scanner);
    if (take(scanner, close)) return true;
    if (!take(scanner, ',')) return false;
    skip_blanks(scanner);
  }
}

static bool scan_value(struct scanner *scanner, int level) {
  if (level > MOST_LEVELS) return false;
  switch (*scanner->at) {
    case '{': return scan_list(scanner, '}', scan_member, level);
    case '[': return scan_list(scanner, ']', scan_item, level);
    case '"': return scan_string(scanner);
    case 't': return scan_word(scanner, "true");
    case 'f': return scan_word(scanner, "false");
    case 'n': return scan_word(scanner, "null");
    default: return scan_number(scanner);
  }
}

enum json_finding json_member_number(const char *json, unsigned length, const char *key, double *number) {
  struct scanner scanner = {.at = json, .key = key, .finding = JSON_OTHER};
  skip_blanks(&scanner);
  if (!scan_value(&scanner, 0)) return JSON_MALFORMED;
  skip_blanks(&scanner);
  if (scanner.at != json + length) return JSON_MALFORMED;
  *number = scanner.number;
  return scanner.finding;
}

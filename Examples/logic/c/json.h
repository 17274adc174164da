/* Looks into JSON (RFC 8259) without building anything of it. */
#ifndef JSON_H
#define JSON_H

enum json_finding {
  JSON_MALFORMED,
  JSON_OTHER,   /* it is JSON, and has no such number */
  JSON_NUMBER
};

/* Reads the whole text and finds the number that is the member `key` of the outermost object. Where the key comes
 * several times the last one counts. The text has a zero behind its `length` bytes. */
enum json_finding json_member_number(const char *json, unsigned length, const char *key, double *number);

#endif

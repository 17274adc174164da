#include "engine.h"
#include <stdlib.h>
#include <string.h>

/* A buffer larger than this is given back after the message. */
#define KEPT_CAPACITY (64 * 1024)

struct payload payload;

bool payload_fetch(uint32_t length) {
  if (length >= payload.capacity) {
    uint32_t capacity = length < 4096 ? 4096 : length + 1;
    if (capacity <= length) return false;
    free(payload.bytes);
    payload.bytes = malloc(capacity);
    payload.capacity = payload.bytes ? capacity : 0;
    if (!payload.bytes) {
      memory_exhausted = true;
      return false;
    }
  }
  payload.length = length;
  payload.was_json = false;
  if (length > 0) rw_payload_read(payload.bytes, 0, length);
  payload.bytes[length] = 0;
  return true;
}

void payload_release(void) {
  payload.length = 0;
  if (payload.capacity <= KEPT_CAPACITY) return;
  free(payload.bytes);
  payload.bytes = NULL;
  payload.capacity = 0;
}

bool is_utf8(const char *bytes, size_t length) {
  const uint8_t *at = (const uint8_t *)bytes, *end = at + length;
  while (at < end) {
    uint64_t eight;
    while (end - at >= 8 && (memcpy(&eight, at, 8), (eight & 0x8080808080808080u) == 0)) at += 8;
    while (at < end && *at < 0x80) at++;
    if (at == end) break;
    uint8_t lead = *at++;
    int more = lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xF0 && lead < 0xF5 ? 3 : 0;
    if (more == 0 || end - at < more) return false;
    /* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (*at < low || *at > high) return false;
    for (at++; --more > 0; at++) {
      if ((*at & 0xC0) != 0x80) return false;
    }
  }
  return true;
}

enum declared { DECLARED_JSON, DECLARED_NOTHING, DECLARED_OTHER };

static bool has_prefix(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* What the content type says. What `curl -d` and senders of unnamed bytes put there says nothing. */
static enum declared declared_type(void) {
  char type[96];
  int32_t length = rw_field(RW_CONTENT_TYPE, NULL, 0);
  if (length <= 0) return DECLARED_NOTHING;
  if (length >= (int32_t)sizeof type) length = sizeof type - 1;
  rw_result_read(type, (uint32_t)length);
  type[length] = 0;
  for (char *at = type; *at; at++) {
    if (*at >= 'A' && *at <= 'Z') *at += 'a' - 'A';
    if (*at == ';') *at = 0;
  }
  if (strstr(type, "json")) return DECLARED_JSON;
  bool says_nothing = has_prefix(type, "application/octet-stream") || has_prefix(type, "application/x-www-form-urlencoded");
  return says_nothing ? DECLARED_NOTHING : DECLARED_OTHER;
}

/* Says where, never what: a payload has no place in an error. */
static JSValue throw_not_json(JSContext *js) {
  JSValue error = JS_GetException(js);
  JSValue stack = JS_GetPropertyStr(js, error, "stack");
  JS_FreeValue(js, error);
  const char *text = JS_IsString(stack) ? JS_ToCString(js, stack) : NULL;
  const char *place = text ? strstr(text, "payload:") : NULL;
  if (place) {
    char *column;
    long line = strtol(place + strlen("payload:"), &column, 10);
    JS_ThrowSyntaxError(js, "the payload is not JSON, though its content type says so: line %ld, column %ld", line,
                        *column == ':' ? strtol(column + 1, NULL, 10) : 0);
  } else {
    JS_ThrowRangeError(js, "the payload's JSON is nested too deeply");
  }
  if (text) JS_FreeCString(js, text);
  JS_FreeValue(js, stack);
  return JS_EXCEPTION;
}

static JSValue parse_json(JSContext *js, const char *bytes, size_t length) {
  JSValue value = JS_ParseJSON(js, bytes, length, "payload");
  payload.was_json = !JS_IsException(value);
  return value;
}

JSValue payload_value(JSContext *js) {
  const char *bytes = payload.bytes;
  size_t length = payload.length;
  if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) bytes += 3, length -= 3;
  size_t blank = strspn(bytes, " \t\r\n");
  bool looks_structured = bytes[blank] == '{' || bytes[blank] == '[';
  enum declared declared = declared_type();
  if (declared == DECLARED_JSON) {
    JSValue value = parse_json(js, bytes, length);
    return JS_IsException(value) && !memory_exhausted ? throw_not_json(js) : value;
  }
  if (declared == DECLARED_NOTHING && looks_structured) {
    JSValue value = parse_json(js, bytes, length);
    if (!JS_IsException(value) || memory_exhausted) return value;
    JS_FreeValue(js, JS_GetException(js));
  }
  if (is_utf8(payload.bytes, payload.length)) return JS_NewStringLen(js, payload.bytes, payload.length);
  return JS_NewUint8ArrayCopy(js, (const uint8_t *)payload.bytes, payload.length);
}

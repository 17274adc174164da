#include "engine.h"
#include <stdlib.h>
#include <string.h>

static void set_content_type(const char *type) {
  if (!context_chose_content_type()) rw_output_content_type(type, (uint32_t)strlen(type));
}

static int32_t write(const void *bytes, size_t length) {
  if (rw_output_write(bytes, (uint32_t)length) == RW_OK) return RW_PASS;
  return fail("output-too-large", "what `process` returned is larger than the step's maxOutputSize");
}

/* Where the next half of a UTF-16 pair stands that has no other half, in what UTF-8 has no room for; `length` when none does. */
static size_t lone_half(const char *text, size_t from, size_t length) {
  for (size_t at = from; at + 2 < length; at++) {
    const char *found = memchr(text + at, 0xED, length - at - 2);
    if (!found) break;
    at = (size_t)(found - text);
    if ((uint8_t)text[at + 1] >= 0xA0) return at;
  }
  return length;
}

/* Text, U+FFFD in it for each lone half, which is as wide. */
static int32_t write_text(const char *text, size_t length) {
  size_t at = lone_half(text, 0, length);
  if (at == length) return write(text, length);
  char *copy = malloc(length);
  if (!copy) return fail("out-of-memory", "what `process` returned needs more memory than the step's memoryLimit");
  memcpy(copy, text, length);
  for (; at < length; at = lone_half(text, at + 3, length)) memcpy(copy + at, "\xEF\xBF\xBD", 3);
  int32_t outcome = write(copy, length);
  free(copy);
  return outcome;
}

/* Text that looks like JSON stays what the message was. */
static int32_t text_outcome(JSContext *js, JSValueConst string) {
  size_t length;
  const char *text = JS_ToCStringLen(js, &length, string);
  if (!text) return fail_with_exception(js);
  if (payload.was_json && text[0] != '{' && text[0] != '[') set_content_type("text/plain; charset=utf-8");
  int32_t outcome = write_text(text, length);
  JS_FreeCString(js, text);
  return outcome;
}

static int32_t bytes_outcome(struct text *bytes) {
  if (payload.was_json) set_content_type("application/octet-stream");
  return write(bytes->bytes, bytes->length);
}

static int32_t json_outcome(JSContext *js, JSValueConst value) {
  struct text json;
  if (!json_write(js, value, &json)) return fail_with_exception(js);
  if (!json.bytes) return fail("", "`process` returned something that is neither JSON, text nor bytes, such as a function");
  if (!payload.was_json) set_content_type("application/json");
  int32_t outcome = write(json.bytes, json.length);
  json_release();
  return outcome;
}

/* Takes the result. */
int32_t outcome_of(JSContext *js, JSValue result) {
  if (JS_IsException(result)) return fail_with_exception(js);
  if (JS_IsUndefined(result) || JS_IsNull(result)) return RW_DROP;
  if (JS_IsBool(result)) return JS_VALUE_GET_BOOL(result) ? RW_PASS : RW_DROP;
  int32_t outcome;
  struct text bytes;
  if (JS_IsString(result)) {
    outcome = text_outcome(js, result);
  } else if (bytes_of(js, result, &bytes)) {
    outcome = bytes_outcome(&bytes);
  } else {
    outcome = json_outcome(js, result);
  }
  JS_FreeValue(js, result);
  return outcome;
}

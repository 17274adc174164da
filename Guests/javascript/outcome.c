#include "engine.h"
#include <string.h>

static void set_content_type(const char *type) {
  if (!context_chose_content_type()) rw_output_content_type(type, (uint32_t)strlen(type));
}

static int32_t write(const void *bytes, size_t length) {
  if (rw_output_write(bytes, (uint32_t)length) == RW_OK) return RW_PASS;
  return fail("output-too-large", "what `process` returned is larger than the step's maxOutputSize");
}

/* Text that looks like JSON stays what the message was. */
static int32_t text_outcome(JSContext *js, JSValueConst string) {
  size_t length;
  const char *text = JS_ToCStringLen(js, &length, string);
  if (!text) return fail_with_exception(js);
  if (payload.was_json && text[0] != '{' && text[0] != '[') set_content_type("text/plain; charset=utf-8");
  int32_t outcome = write(text, length);
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

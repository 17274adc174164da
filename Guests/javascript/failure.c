#include "engine.h"
#include <stdlib.h>
#include <string.h>

static int32_t report(const char *code, const char *message, size_t length, bool recoverable) {
  uint32_t code_length = (uint32_t)strlen(code);
  if (rw_fail(code, code_length, message, (uint32_t)length, recoverable) == RW_DENIED) {
    rw_fail("", 0, message, (uint32_t)length, recoverable);
  }
  return RW_FAIL;
}

int32_t fail(const char *code, const char *message) { return report(code, message, strlen(message), false); }

/* Text put together from several values. */
struct builder {
  char *bytes;
  size_t length;
  size_t capacity;
};

static void append(struct builder *builder, const char *bytes, size_t length) {
  if (builder->length + length > builder->capacity) {
    size_t capacity = 2 * (builder->length + length);
    char *moved = realloc(builder->bytes, capacity);
    if (!moved) return;
    builder->bytes = moved;
    builder->capacity = capacity;
  }
  memcpy(builder->bytes + builder->length, bytes, length);
  builder->length += length;
}

/* Appends the value as a string; what cannot be made one is left out, and its exception dropped. */
static void append_value(JSContext *js, struct builder *builder, JSValueConst value) {
  size_t length;
  const char *text = JS_ToCStringLen(js, &length, value);
  if (!text) {
    JS_FreeValue(js, JS_GetException(js));
    return;
  }
  append(builder, text, length);
  JS_FreeCString(js, text);
}

static void append_json(JSContext *js, struct builder *builder, JSValueConst value) {
  JSValue json = JS_JSONStringify(js, value, JS_UNDEFINED, JS_UNDEFINED);
  if (JS_IsException(json)) JS_FreeValue(js, JS_GetException(js));
  append_value(js, builder, JS_IsString(json) ? (JSValueConst)json : value);
  if (!JS_IsException(json)) JS_FreeValue(js, json);
}

/* Each on a line of its own, the frames as `    at function (name:line:column)`. */
static void append_stack(JSContext *js, struct builder *builder, JSValueConst error) {
  JSValue stack = JS_GetPropertyStr(js, error, "stack");
  if (JS_IsException(stack)) JS_FreeValue(js, JS_GetException(js));
  if (JS_IsString(stack)) {
    append(builder, "\n", 1);
    append_value(js, builder, stack);
    while (builder->length > 0 && builder->bytes[builder->length - 1] == '\n') builder->length--;
  }
  if (!JS_IsException(stack)) JS_FreeValue(js, stack);
}

/* `TypeError: words`, and the frames behind it. */
static void append_error(JSContext *js, struct builder *builder, JSValueConst error) {
  append_value(js, builder, error);
  append_stack(js, builder, error);
}

static void append_any(JSContext *js, struct builder *builder, JSValueConst value) {
  if (JS_IsError(value)) {
    append_error(js, builder, value);
  } else if (JS_IsObject(value) && !JS_IsFunction(js, value)) {
    append_json(js, builder, value);
  } else {
    append_value(js, builder, value);
  }
}

int32_t log_values(JSContext *js, uint32_t level, int argc, JSValueConst *argv) {
  struct builder line = {0};
  for (int index = 0; index < argc; index++) {
    if (index > 0) append(&line, " ", 1);
    append_any(js, &line, argv[index]);
  }
  int32_t status = rw_log(level, line.bytes, (uint32_t)line.length);
  free(line.bytes);
  return status;
}

/* The error's own `code`, where it has one that is text. */
static const char *code_of(JSContext *js, JSValueConst error) {
  JSValue code = JS_GetPropertyStr(js, error, "code");
  if (JS_IsException(code)) JS_FreeValue(js, JS_GetException(js));
  const char *text = JS_IsString(code) ? JS_ToCString(js, code) : NULL;
  if (!JS_IsException(code)) JS_FreeValue(js, code);
  return text;
}

static bool is_recoverable(JSContext *js, JSValueConst error) {
  JSValue recoverable = JS_GetPropertyStr(js, error, "recoverable");
  if (JS_IsException(recoverable)) JS_FreeValue(js, JS_GetException(js));
  bool answer = JS_IsBool(recoverable) && JS_VALUE_GET_BOOL(recoverable);
  if (!JS_IsException(recoverable)) JS_FreeValue(js, recoverable);
  return answer;
}

/* A failure that is the host's limit and not the script's own words: `words`, and where the script was. */
static int32_t fail_at(JSContext *js, const char *code, const char *words, JSValueConst exception) {
  struct builder message = {0};
  append(&message, words, strlen(words));
  if (JS_IsError(exception)) append_stack(js, &message, exception);
  int32_t outcome = message.length > 0 ? report(code, message.bytes, message.length, false) : fail(code, words);
  free(message.bytes);
  return outcome;
}

int32_t fail_with_exception(JSContext *js) {
  JSValue exception = JS_GetException(js);
  if (stop_asked || memory_exhausted) {
    const char *code = stop_asked ? "interrupted" : "out-of-memory";
    const char *words = stop_asked ? "the script took longer than its time" : "the script needs more memory than the step's memoryLimit";
    int32_t outcome = fail_at(js, code, words, exception);
    JS_FreeValue(js, exception);
    return outcome;
  }
  struct builder message = {0};
  const char *code = NULL;
  bool recoverable = false;
  if (JS_IsError(exception)) {
    code = code_of(js, exception);
    recoverable = is_recoverable(js, exception);
  } else {
    append(&message, "uncaught ", strlen("uncaught "));
  }
  append_any(js, &message, exception);
  report(code ? code : "", message.bytes, message.length, recoverable);
  if (code) JS_FreeCString(js, code);
  JS_FreeValue(js, exception);
  free(message.bytes);
  return RW_FAIL;
}

/* What the files of the JavaScript engine share. The engine is QuickJS with the glue of this folder, compiled to one
 * WASM guest: it loads a script when it starts and calls the script's `process` for each message. */
#ifndef ENGINE_H
#define ENGINE_H
#include "quickjs.h"
#include "ropewalk.h"

/* The message being processed. Its bytes lie in a buffer that is used again for the next one, with a zero behind. */
struct payload {
  char *bytes;
  uint32_t length;
  uint32_t capacity;
  bool was_json; /* the script was given the parsed value */
};

extern struct payload payload;
extern bool memory_exhausted; /* an allocation failed since the call began */
extern volatile uint8_t stop_asked; /* the host's: the call's time is used up */

/* payload.c */
bool payload_fetch(uint32_t length);
JSValue payload_value(JSContext *js);
void payload_release(void);
bool is_utf8(const char *bytes, size_t length);

/* outcome.c */
int32_t outcome_of(JSContext *js, JSValue result);

/* failure.c: each answers RW_FAIL after telling the host why. */
int32_t fail(const char *code, const char *message);
int32_t fail_with_exception(JSContext *js);
int32_t log_values(JSContext *js, uint32_t level, int argc, JSValueConst *argv);

/* exchange.c: between values of the script and the host's calls. */
struct text {
  const char *bytes;
  size_t length;
  bool borrowed; /* bytes of an array, not a string to free */
};
bool text_of(JSContext *js, JSValueConst value, struct text *text);
void text_free(JSContext *js, struct text *text);
bool bytes_of(JSContext *js, JSValueConst value, struct text *bytes);
JSValue result_text(JSContext *js, int32_t length);
JSValue result_json(JSContext *js, int32_t length);
JSValue result_value(JSContext *js, int32_t length);
JSValue field_text(JSContext *js, uint32_t field, const char *key, size_t key_length, const char *capability);
JSValue field_json(JSContext *js, uint32_t field, const char *capability);
JSValue throw_status(JSContext *js, int32_t status, const char *capability);

/* json.c: the JSON lies in a buffer until json_release; no bytes where JSON has no form for the value. False with an
 * exception thrown. */
bool json_write(JSContext *js, JSValueConst value, struct text *json);
void json_release(void);

/* base64.c */
JSValue base64_encode(JSContext *js, const uint8_t *bytes, size_t length);
JSValue base64_decode(JSContext *js, const char *text, size_t length);

/* context.c: the second argument of `process`. */
JSValue context_create(JSContext *js);
bool context_chose_content_type(void);
void context_reset(void);

/* host.c: the globals `ropewalk` and `console`. */
int host_define(JSContext *js, JSValueConst global);

/* random.c */
int random_define(JSContext *js, JSValueConst global);

#endif

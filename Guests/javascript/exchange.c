#include "engine.h"
#include <string.h>

/* Bytes of an ArrayBuffer, a typed array or a DataView; they stay the value's. */
bool bytes_of(JSContext *js, JSValueConst value, struct text *bytes) {
  size_t length;
  if (JS_IsArrayBuffer(value)) {
    bytes->bytes = (const char *)JS_GetArrayBuffer(js, &length, value);
    bytes->length = bytes->bytes ? length : 0;
  } else if (JS_GetTypedArrayType(value) >= 0) {
    size_t offset, element;
    JSValue buffer = JS_GetTypedArrayBuffer(js, value, &offset, &length, &element);
    if (JS_IsException(buffer)) {
      JS_FreeValue(js, JS_GetException(js));
      return false;
    }
    size_t whole;
    uint8_t *start = JS_GetArrayBuffer(js, &whole, buffer);
    JS_FreeValue(js, buffer);
    bytes->bytes = start ? (const char *)start + offset : NULL;
    bytes->length = start ? length : 0;
  } else {
    return false;
  }
  bytes->borrowed = true;
  return true;
}

/* A string as it is, bytes as they are, everything else as JSON. False with an exception thrown. */
bool text_of(JSContext *js, JSValueConst value, struct text *text) {
  if (bytes_of(js, value, text)) return true;
  text->borrowed = false;
  if (JS_IsString(value)) {
    text->bytes = JS_ToCStringLen(js, &text->length, value);
    return text->bytes != NULL;
  }
  JSValue json = JS_JSONStringify(js, value, JS_UNDEFINED, JS_UNDEFINED);
  if (JS_IsException(json)) return false;
  if (!JS_IsString(json)) {
    JS_FreeValue(js, json);
    JS_ThrowTypeError(js, "a value is needed that is text, bytes or JSON");
    return false;
  }
  text->bytes = JS_ToCStringLen(js, &text->length, json);
  JS_FreeValue(js, json);
  return text->bytes != NULL;
}

void text_free(JSContext *js, struct text *text) {
  if (!text->borrowed) JS_FreeCString(js, text->bytes);
}

enum form { FORM_TEXT, FORM_JSON, FORM_ANY };

static JSValue value_in_form(JSContext *js, const char *bytes, size_t length, enum form form) {
  if (form == FORM_JSON) return JS_ParseJSON(js, bytes, length, "result");
  if (form == FORM_ANY && !is_utf8(bytes, length)) return JS_NewUint8ArrayCopy(js, (const uint8_t *)bytes, length);
  return JS_NewStringLen(js, bytes, length);
}

/* The host's last result, which is `length` bytes long. */
static JSValue result(JSContext *js, int32_t length, enum form form) {
  char small[512];
  char *bytes = (size_t)length < sizeof small ? small : js_malloc(js, (size_t)length + 1);
  if (!bytes) return JS_EXCEPTION;
  rw_result_read(bytes, (uint32_t)length);
  bytes[length] = 0;
  JSValue value = value_in_form(js, bytes, (size_t)length, form);
  if (bytes != small) js_free(js, bytes);
  return value;
}

JSValue result_text(JSContext *js, int32_t length) { return result(js, length, FORM_TEXT); }

JSValue result_json(JSContext *js, int32_t length) { return result(js, length, FORM_JSON); }

JSValue result_value(JSContext *js, int32_t length) { return result(js, length, FORM_ANY); }

JSValue throw_status(JSContext *js, int32_t status, const char *capability) {
  char reason[512];
  switch (status) {
    case RW_DENIED:
      return JS_ThrowPlainError(js, "this step was not granted %s: add it to `capabilities` in the step's config", capability);
    case RW_TOO_LARGE:
      return JS_ThrowPlainError(js, "%s: a size limit of the step is reached", capability);
    case RW_NOT_FOUND:
      return JS_ThrowPlainError(js, "%s: not found", capability);
    default: {
      int32_t length = rw_result_read(reason, sizeof reason - 1);
      if (length < 0) length = 0;
      reason[length < (int32_t)sizeof reason ? length : (int32_t)sizeof reason - 1] = 0;
      return JS_ThrowPlainError(js, "%s", reason);
    }
  }
}

static JSValue field(JSContext *js, uint32_t field, const char *key, size_t key_length, const char *capability, enum form form) {
  int32_t length = rw_field(field, key, (uint32_t)key_length);
  if (length == RW_NOT_FOUND) return JS_UNDEFINED;
  if (length < 0) return throw_status(js, length, capability);
  return result(js, length, form);
}

JSValue field_text(JSContext *js, uint32_t which, const char *key, size_t key_length, const char *capability) {
  return field(js, which, key, key_length, capability, FORM_TEXT);
}

JSValue field_json(JSContext *js, uint32_t which, const char *capability) {
  return field(js, which, NULL, 0, capability, FORM_JSON);
}

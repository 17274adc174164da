#include "engine.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

JSValue base64_encode(JSContext *js, const uint8_t *bytes, size_t length) {
  size_t size = (length + 2) / 3 * 4;
  char *text = js_malloc(js, size + 1);
  if (!text) return JS_EXCEPTION;
  char *out = text;
  for (size_t at = 0; at < length; at += 3) {
    size_t left = length - at;
    uint32_t group = (uint32_t)bytes[at] << 16 | (left > 1 ? bytes[at + 1] << 8 : 0) | (left > 2 ? bytes[at + 2] : 0);
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
    *out++ = left > 2 ? alphabet[group & 63] : '=';
  }
  JSValue value = JS_NewStringLen(js, text, size);
  js_free(js, text);
  return value;
}

static int digit(char character) {
  if (character >= 'A' && character <= 'Z') return character - 'A';
  if (character >= 'a' && character <= 'z') return character - 'a' + 26;
  if (character >= '0' && character <= '9') return character - '0' + 52;
  return character == '+' ? 62 : character == '/' ? 63 : -1;
}

/* Only what the host encoded comes here, so it is well formed. */
JSValue base64_decode(JSContext *js, const char *text, size_t length) {
  uint8_t *bytes = js_malloc(js, length / 4 * 3 + 3);
  if (!bytes) return JS_EXCEPTION;
  size_t size = 0;
  uint32_t bits = 0;
  int count = 0;
  for (size_t at = 0; at < length && digit(text[at]) >= 0; at++) {
    bits = bits << 6 | (uint32_t)digit(text[at]);
    count += 6;
    if (count >= 8) bytes[size++] = (uint8_t)(bits >> (count -= 8));
  }
  JSValue value = JS_NewUint8ArrayCopy(js, bytes, size);
  js_free(js, bytes);
  return value;
}

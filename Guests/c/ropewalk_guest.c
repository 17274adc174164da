#include "ropewalk_guest.h"

#include <stdlib.h>

/* Used again for the next message: an allocation for each would cost more than most filters. */
struct buffer {
  char *bytes;
  uint32_t capacity;
};

#define FIRST_CAPACITY 4096

/* Makes room for `length` bytes and a zero behind them. What was in the buffer is gone. */
static bool reserve(struct buffer *buffer, uint32_t length) {
  if (length < buffer->capacity) return true;
  uint32_t capacity = length < FIRST_CAPACITY ? FIRST_CAPACITY : length + 1;
  free(buffer->bytes);
  buffer->bytes = capacity > length ? malloc(capacity) : NULL;
  buffer->capacity = buffer->bytes ? capacity : 0;
  return buffer->bytes != NULL;
}

RW_EXPORT("ropewalk_abi_v1") void ropewalk_abi_v1(void) {}

RW_EXPORT("ropewalk_process") int32_t ropewalk_process(uint32_t length) {
  static struct buffer payload;
  if (!reserve(&payload, length)) return rw_reject("", "the payload needs more memory than the step's memoryLimit");
  rw_payload_read(payload.bytes, 0, length);
  payload.bytes[length] = 0;
  return process((struct rw_bytes){payload.bytes, length});
}

enum rw_outcome rw_replace(struct rw_bytes payload) {
  if (rw_output_write(payload.bytes, payload.length) == RW_OK) return RW_PASS;
  return rw_reject("", "the output is larger than the step's maxOutputSize");
}

enum rw_outcome rw_replace_as(struct rw_bytes payload, const char *content_type) {
  if (rw_output_content_type(content_type, (uint32_t)strlen(content_type)) == RW_OK) return rw_replace(payload);
  return rw_reject("", "the content type is not printable ASCII of at most 256 bytes");
}

static enum rw_outcome reject(struct rw_bytes code, struct rw_bytes message, bool recoverable) {
  if (rw_fail(code.bytes, code.length, message.bytes, message.length, recoverable) == RW_DENIED) {
    rw_fail("", 0, message.bytes, message.length, recoverable);
  }
  return RW_FAIL;
}

enum rw_outcome rw_reject(const char *code, const char *message) { return reject(rw_text(code), rw_text(message), false); }

enum rw_outcome rw_reject_for_now(const char *code, const char *message) {
  return reject(rw_text(code), rw_text(message), true);
}

void rw_say(enum rw_level level, const char *text) { rw_log(level, text, (uint32_t)strlen(text)); }

static struct rw_answer out_of_memory(void) {
  return (struct rw_answer){RW_ERROR, rw_text("the answer needs more memory than the step's memoryLimit")};
}

/* The result, which is `length` bytes long. */
static struct rw_answer result(uint32_t length) {
  static struct buffer answer;
  if (!reserve(&answer, length)) return out_of_memory();
  rw_result_read(answer.bytes, length);
  answer.bytes[length] = 0;
  return (struct rw_answer){RW_OK, {answer.bytes, length}};
}

/* The answer to a call that gave a length or a status. */
static struct rw_answer answer_of(int32_t given) {
  if (given >= 0) return result((uint32_t)given);
  if (given != RW_ERROR) return (struct rw_answer){given, rw_text("")};
  struct rw_answer reason = result((uint32_t)rw_result_read(NULL, 0));
  reason.status = RW_ERROR;
  return reason;
}

struct rw_answer rw_get(enum rw_field field, const char *key) {
  return answer_of(rw_field(field, key, key ? (uint32_t)strlen(key) : 0));
}

struct rw_answer rw_apply(const char *function, const char *options, struct rw_bytes input) {
  struct rw_bytes name = rw_text(function), chosen = rw_text(options ? options : "");
  return answer_of(rw_transform(name.bytes, name.length, chosen.bytes, chosen.length, input.bytes, input.length));
}

struct rw_answer rw_check(struct rw_bytes schema, struct rw_bytes json) {
  int32_t given = rw_validate(schema.bytes, schema.length, json.bytes, json.length);
  return given == RW_OK ? (struct rw_answer){RW_OK, rw_text("")} : answer_of(given);
}

struct rw_answer rw_call(struct rw_bytes request) { return answer_of(rw_http_call(request.bytes, request.length)); }

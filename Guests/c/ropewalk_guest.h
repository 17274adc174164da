/* Writing a step in C. The guest's own code is one function:
 *
 *     #include "ropewalk_guest.h"
 *
 *     enum rw_outcome process(struct rw_bytes payload) {
 *       return payload.length > 0 ? RW_PASS : RW_DROP;
 *     }
 *
 * `ropewalk plugin build` compiles it together with ropewalk_guest.c. Everything of ropewalk.h can be called as well.
 * A function that is not used is not imported, so a step needs to be granted only what it uses.
 */
#ifndef ROPEWALK_GUEST_H
#define ROPEWALK_GUEST_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ropewalk.h"

/* Bytes that somebody else owns. */
struct rw_bytes {
  const char *bytes;
  uint32_t length;
};

/* What the host answered. */
struct rw_answer {
  int32_t status;         /* RW_OK or a negative enum rw_status */
  struct rw_bytes text;   /* the answer, or for RW_ERROR the reason; valid until the next question */
};

/* The guest's own function, called for each message. The payload has a zero behind its last byte and is valid until
 * the function returns. */
enum rw_outcome process(struct rw_bytes payload);

/* A string of C as bytes. */
static inline struct rw_bytes rw_text(const char *text) { return (struct rw_bytes){text, (uint32_t)strlen(text)}; }

/* Whether both are the same bytes. */
static inline bool rw_equal(struct rw_bytes one, struct rw_bytes other) {
  return one.length == other.length && memcmp(one.bytes, other.bytes, one.length) == 0;
}

/* Goes on with another payload, of the media type that the message has: return rw_replace(…). */
enum rw_outcome rw_replace(struct rw_bytes payload);

/* Goes on with another payload of another media type, such as "application/json". */
enum rw_outcome rw_replace_as(struct rw_bytes payload, const char *content_type);

/* Fails the message: return rw_reject("NOT_JSON", "the payload is not JSON"). A code needs RaiseError; without it the
 * message fails all the same, with the code left out. */
enum rw_outcome rw_reject(const char *code, const char *message);

/* The same for what may succeed when the message comes again. */
enum rw_outcome rw_reject_for_now(const char *code, const char *message);

/* (Log) Writes a line to the host's log. */
void rw_say(enum rw_level level, const char *text);

/* A field of the message or of the step; RW_NOT_FOUND where there is none. The key is NULL for fields without one. */
struct rw_answer rw_get(enum rw_field field, const char *key);

/* (Transform) What a built-in function such as "xml-to-json" makes of the input. The options are JSON, or NULL. */
struct rw_answer rw_apply(const char *function, const char *options, struct rw_bytes input);

/* (Validate) RW_OK and an empty text where the JSON fits the schema, else the JSON list of violations. */
struct rw_answer rw_check(struct rw_bytes schema, struct rw_bytes json);

/* (HTTPCall) Makes the call that the JSON describes; the text is the response, as JSON. See rw_http_call. */
struct rw_answer rw_call(struct rw_bytes request);

#endif

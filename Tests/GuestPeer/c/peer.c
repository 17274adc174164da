/* Asks the host what the payload says: the first line names a function of the SDK, the others are its arguments. Answers
 * with what it got. */
#include "ropewalk_guest.h"

#include <stdlib.h>

#define MOST_LINES 4

static const char *lines[MOST_LINES];

/* Cuts the text into lines; those that are missing are empty. */
static void cut(char *text) {
  for (int index = 0; index < MOST_LINES; index++) {
    lines[index] = text;
    text += strcspn(text, "\n");
    if (*text && index < MOST_LINES - 1) *text++ = 0;
  }
}

static bool is_asked(const char *name) { return strcmp(lines[0], name) == 0; }

static enum rw_outcome tell(struct rw_answer answer) {
  switch (answer.status) {
    case RW_OK: return rw_replace(answer.text);
    case RW_NOT_FOUND: return rw_replace(rw_text("none"));
    case RW_DENIED: return rw_reject("", "the step was not granted the capability");
    case RW_TOO_LARGE: return rw_reject("", "a size limit of the step is reached");
    default: return rw_reject("", answer.text.bytes);
  }
}

static enum rw_outcome answer_question(void) {
  if (is_asked("header")) return tell(rw_get(RW_HEADER, lines[1]));
  if (is_asked("headers")) return tell(rw_get(RW_HEADERS, NULL));
  if (is_asked("contentType")) return tell(rw_get(RW_CONTENT_TYPE, NULL));
  if (is_asked("metadata")) return tell(rw_get(RW_METADATA, lines[1]));
  if (is_asked("allMetadata")) return tell(rw_get(RW_METADATA_ALL, NULL));
  if (is_asked("customerID")) return tell(rw_get(RW_CUSTOMER_ID, NULL));
  if (is_asked("integrationID")) return tell(rw_get(RW_INTEGRATION_ID, NULL));
  if (is_asked("setting")) return tell(rw_get(RW_SETTING, lines[1]));
  if (is_asked("settings")) return tell(rw_get(RW_SETTINGS, NULL));
  if (is_asked("transform")) return tell(rw_apply(lines[1], lines[2], rw_text(lines[3])));
  if (is_asked("validate")) return tell(rw_check(rw_text(lines[1]), rw_text(lines[2])));
  if (is_asked("httpCall")) return tell(rw_call(rw_text(lines[1])));
  if (is_asked("replace")) return rw_replace(rw_text(lines[1]));
  if (is_asked("replaceAs")) return rw_replace_as(rw_text(lines[1]), lines[2]);
  if (is_asked("reject")) return rw_reject(lines[1], lines[2]);
  if (is_asked("rejectForNow")) return rw_reject_for_now(lines[1], lines[2]);
  if (is_asked("panic")) abort();
  if (is_asked("drop")) return RW_DROP;
  if (is_asked("log")) {
    rw_say((enum rw_level)atoi(lines[1]), lines[2]);
    return RW_PASS;
  }
  return rw_reject("", "the peer knows no such question");
}

enum rw_outcome process(struct rw_bytes payload) {
  char *question = malloc(payload.length + 1);
  if (!question) return rw_reject("", "there is no memory for the question");
  memcpy(question, payload.bytes, payload.length + 1);
  cut(question);
  enum rw_outcome outcome = answer_question();
  free(question);
  return outcome;
}

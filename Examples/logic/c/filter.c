/* Lets orders over 1,000 pass. */
#include "json.h"
#include "ropewalk_guest.h"

enum rw_outcome process(struct rw_bytes payload) {
  double amount;
  switch (json_member_number(payload.bytes, payload.length, "amount", &amount)) {
    case JSON_MALFORMED: return rw_reject("NOT_JSON", "the order is not JSON");
    case JSON_OTHER: return RW_DROP;
    case JSON_NUMBER: return amount > 1000 ? RW_PASS : RW_DROP;
  }
}

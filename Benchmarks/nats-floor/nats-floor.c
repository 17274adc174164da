/* What libnats by itself takes: nats-floor URL MESSAGES
 *
 * Publishes messages of 1 KB with an id and a note, asynchronously, as many in flight as Ropewalk has, then takes all of
 * them from a pull consumer in batches and acknowledges each. Prints a line of JSON.
 */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const note =
  "{\"id\":\"01JQ5T0000000000000000000\",\"at\":1700000000000000000,\"customer\":\"acme\",\"integration\":\"orders\","
  "\"destinations\":[\"erp\"],\"type\":\"application/json\",\"mark\":\"01JQ5T0000000000000000000.1\"}";

static void check(natsStatus status, const char *what) {
  if (status == NATS_OK) return;
  fprintf(stderr, "nats-floor: %s: %s\n", what, natsStatus_GetText(status));
  nats_PrintLastErrorStack(stderr);
  exit(1);
}

static void publish(jsCtx *js, long count) {
  char payload[1024], id[64];
  memset(payload, 'x', sizeof payload);
  for (long number = 0; number < count; number++) {
    natsMsg *message = NULL;
    snprintf(id, sizeof id, "6:4:ordersacme%ld", number);
    check(natsMsg_Create(&message, "floor.acme.orders.in", NULL, payload, sizeof payload), "message");
    check(natsMsgHeader_Set(message, "Nats-Msg-Id", id), "header");
    check(natsMsgHeader_Set(message, "Ropewalk", note), "header");
    check(js_PublishMsgAsync(js, &message, NULL), "publish");
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = 300000;
  check(js_PublishAsyncComplete(js, &options), "publish");
}

static void consume(jsCtx *js, long count) {
  natsSubscription *subscription = NULL;
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = "floor";
  options.Config.MaxAckPending = 10000;
  check(js_PullSubscribe(&subscription, js, "floor.*.*.in", "all", NULL, &options, NULL), "subscribe");
  unsigned long bytes = 0;
  for (long number = 0; number < count;) {
    natsMsgList list = {0};
    check(natsSubscription_Fetch(&list, subscription, 500, 10000, NULL), "fetch");
    for (int index = 0; index < list.Count; index++) {
      const char *value = NULL;
      if (natsMsgHeader_Get(list.Msgs[index], "Ropewalk", &value) == NATS_OK) bytes += strlen(value);
      bytes += natsMsg_GetDataLength(list.Msgs[index]);
      check(natsMsg_Ack(list.Msgs[index], NULL), "acknowledge");
    }
    number += list.Count;
    natsMsgList_Destroy(&list);
  }
  if (bytes == 0) exit(1);
  natsSubscription_Destroy(subscription);
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  long count = strtol(argv[2], NULL, 10);
  natsConnection *connection = NULL;
  jsCtx *js = NULL;
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = 4096;
  options.PublishAsync.StallWait = 300000;
  check(natsConnection_ConnectTo(&connection, argv[1]), "connect");
  check(natsConnection_JetStream(&js, connection, &options), "JetStream");
  js_DeleteStream(js, "floor", NULL, NULL);
  jsStreamConfig stream;
  jsStreamConfig_Init(&stream);
  const char *subjects[] = {"floor.*.*.in"};
  stream.Name = "floor";
  stream.Subjects = subjects;
  stream.SubjectsLen = 1;
  stream.Discard = js_DiscardNew;
  check(js_AddStream(NULL, js, &stream, NULL, NULL), "stream");

  int64_t start = nats_Now();
  publish(js, count);
  int64_t published = nats_Now();
  consume(js, count);
  int64_t consumed = nats_Now();
  printf("{\"publish_per_second\": %.0f, \"consume_per_second\": %.0f, \"both_per_second\": %.0f}\n",
         count * 1000.0 / (published - start + 1), count * 1000.0 / (consumed - published + 1), count * 1000.0 / (consumed - start + 1));
  jsCtx_Destroy(js);
  natsConnection_Destroy(connection);
  nats_Close();
  return 0;
}

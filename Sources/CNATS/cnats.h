/* The NATS project's C client, as Debian's libnats-dev installs it. */
#include <nats/nats.h>

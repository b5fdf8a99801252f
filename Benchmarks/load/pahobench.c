/* pahobench.c - Paho C (MQTTAsync) as MQTT client: publish and receive throughput; same arguments and output as mosqbench
 * (-o default: inflight). */
#include "bench.h"
#include <MQTTAsync.h>

static _Atomic uint64_t done, got, fail;
static uint64_t N = 100000, t0;
static _Atomic uint64_t t1;
static _Atomic int ready, subbed;
static void conn_ok(void *c, MQTTAsync_successData *r) { (void)c, (void)r; ready = 1; }
static void conn_no(void *c, MQTTAsync_failureData *r) { (void)c; die("connect failed %d", r ? r->code : 0); }
static void sub_ok(void *c, MQTTAsync_successData *r) { (void)c, (void)r; subbed = 1; printf("READY\n"); fflush(stdout); }
static void pub_ok(void *c, MQTTAsync_successData *r) { (void)c, (void)r; done++; }
static void pub_no(void *c, MQTTAsync_failureData *r) { (void)c, (void)r; fail++; done++; }
static int arrived(void *c, char *t, int tl, MQTTAsync_message *m) {
  (void)c, (void)tl;
  if (!got) t0 = now_ns();
  t1 = now_ns();
  got++;
  MQTTAsync_freeMessage(&m);
  MQTTAsync_free(t);
  return 1;
}
int main(int ac, char **av) {
  int port = 1883, q = 0, size = 64, infl = 20, o;
  uint64_t outst = 0;
  const char *topic = "bench/t", *mode = ac > 1 ? av[1] : "";
  optind = 2;
  while ((o = getopt(ac, av, "p:n:q:s:i:t:o:")) != -1) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 'n': N = strtoull(optarg, NULL, 10); break;
      case 'q': q = atoi(optarg); break;
      case 's': size = atoi(optarg); break;
      case 'i': infl = atoi(optarg); break;
      case 't': topic = optarg; break;
      case 'o': outst = strtoull(optarg, NULL, 10); break;
      default: return 2;
    }
  /* handing over more than maxInflight makes MQTTAsync 1.3.12 crawl (its send thread then waits about a second at a time, roughly
   300 msgs/s), so the application keeps within it unless -o says otherwise */
  if (!outst) outst = q ? (uint64_t)infl : 10000;
  char uri[64], id[32];
  snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", port);
  snprintf(id, sizeof id, "paho%d", getpid());
  MQTTAsync c;
  MQTTAsync_createOptions co = MQTTAsync_createOptions_initializer;
  co.maxBufferedMessages = 1000000;
  if (MQTTAsync_createWithOptions(&c, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &co)) die("create");
  MQTTAsync_setCallbacks(c, NULL, NULL, arrived, NULL);
  MQTTAsync_connectOptions k = MQTTAsync_connectOptions_initializer;
  k.cleansession = 1, k.onSuccess = conn_ok, k.onFailure = conn_no, k.maxInflight = infl, k.keepAliveInterval = 60;
  if (MQTTAsync_connect(c, &k)) die("connect");
  while (!ready) usleep(1000);
  double c0 = self_cpu_s();
  char *pl = malloc((size_t)size);
  memset(pl, 'x', (size_t)size);
  if (!strcmp(mode, "pub")) {
    t0 = now_ns();
    for (uint64_t i = 0; i < N;) {
      while (i - done >= outst) usleep(20);
      MQTTAsync_responseOptions r = MQTTAsync_responseOptions_initializer;
      r.onSuccess = pub_ok, r.onFailure = pub_no;
      int rc = MQTTAsync_send(c, topic, size, pl, q, 0, &r);
      if (rc == MQTTASYNC_MAX_BUFFERED_MESSAGES || rc == MQTTASYNC_NO_MORE_MSGIDS) { usleep(20); continue; }
      if (rc) die("send rc %d", rc);
      i++;
    }
    uint64_t last = done, lt = now_ns();
    while (done < N) {
      usleep(100);
      if (done != last) last = done, lt = now_ns();
      else if (now_ns() - lt > 10000000000ull) die("stuck at %lu", (unsigned long)done);
    }
    t1 = now_ns();
  } else {
    MQTTAsync_responseOptions r = MQTTAsync_responseOptions_initializer;
    r.onSuccess = sub_ok;
    MQTTAsync_subscribe(c, topic, q, &r);
    uint64_t last = 0, lt = now_ns();
    while (got < N) {
      usleep(2000);
      if (got != last) last = got, lt = now_ns();
      else if (got && now_ns() - lt > 2000000000ull) break;
    }
  }
  double s = (double)(t1 - t0) / 1e9;
  uint64_t n = got ? got : N;
  printf("lib=paho-c-async mode=%s qos=%d inflight=%d size=%d n=%lu secs=%.3f msgs_s=%.0f cpu_us_msg=%.3f rss_kb=%ld fail=%lu\n", mode, q, infl, size,
         (unsigned long)n, s, (double)n / s, (self_cpu_s() - c0) * 1e6 / (double)n, proc_rss_kb(getpid()), (unsigned long)fail);
  fflush(stdout);
  _exit(0);
}

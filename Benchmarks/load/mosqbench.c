/* mosqbench.c - libmosquitto as MQTT client: publish and receive throughput.
 *   mosqbench pub -p port -n count -q qos -s size -i inflight -t topic [-o outstanding]
 *   mosqbench sub -p port -n count -q qos -t topic
 *   mosqbench conn -p port -n count [-T]
 * pub: the application thread calls mosquitto_publish, libmosquitto's own thread does the network (mosquitto_loop_start);
 * at most -o messages (default 10000, or inflight if larger) are handed over and not yet completed.
 * conn: connects and disconnects count times, one after the other; the caller drives the network, or with -T libmosquitto's own thread. */
#include "bench.h"
#include <mosquitto.h>
#include <sched.h>

static _Atomic uint64_t done, got;
static uint64_t N = 100000, t0, t1;
static _Atomic int ready;
static void on_connect(struct mosquitto *m, void *u, int rc) { (void)m, (void)u; if (rc) die("connect rc %d", rc); ready = 1; }
static void on_publish(struct mosquitto *m, void *u, int mid) { (void)m, (void)u, (void)mid; done++; }
static void on_suback(struct mosquitto *m, void *u, int mid, int n, const int *g) { (void)m, (void)u, (void)mid, (void)n, (void)g; printf("READY\n"); fflush(stdout); }
static void on_message(struct mosquitto *m, void *u, const struct mosquitto_message *x) {
  (void)u, (void)x;
  if (!got) t0 = now_ns();
  t1 = now_ns();
  if (++got >= N) mosquitto_disconnect(m);
}
static void connects(int port, int threaded) {
  t0 = now_ns();
  for (uint64_t i = 0; i < N; i++) {
    struct mosquitto *m = mosquitto_new(NULL, true, NULL);
    ready = 0;
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    int rc = mosquitto_connect(m, "127.0.0.1", port, 60);
    if (!rc && threaded) rc = mosquitto_loop_start(m);
    while (!rc && !ready) rc = threaded ? (sched_yield(), 0) : mosquitto_loop(m, 100, 1);
    if (rc) die("connect: %s", mosquitto_strerror(rc));
    mosquitto_disconnect(m);
    if (threaded) mosquitto_loop_stop(m, false);
    mosquitto_destroy(m);
  }
  t1 = now_ns();
}
int main(int ac, char **av) {
  int threaded = 0, port = 1883, q = 0, size = 64, infl = 20, o;
  uint64_t outst = 10000;
  const char *topic = "bench/t", *mode = ac > 1 ? av[1] : "";
  optind = 2;
  while ((o = getopt(ac, av, "p:n:q:s:i:t:o:T")) != -1) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 'n': N = strtoull(optarg, NULL, 10); break;
      case 'q': q = atoi(optarg); break;
      case 's': size = atoi(optarg); break;
      case 'i': infl = atoi(optarg); break;
      case 't': topic = optarg; break;
      case 'T': threaded = 1; break;
      case 'o': outst = strtoull(optarg, NULL, 10); break;
      default: return 2;
    }
  if (outst < (uint64_t)infl) outst = (uint64_t)infl;
  mosquitto_lib_init();
  if (!strcmp(mode, "conn")) {
    double c0 = self_cpu_s();
    connects(port, threaded);
    double s = (double)(t1 - t0) / 1e9;
    printf("lib=libmosquitto mode=conn threaded=%d n=%lu secs=%.3f connects_s=%.0f cpu_us=%.1f\n", threaded, (unsigned long)N, s,
           (double)N / s, (self_cpu_s() - c0) * 1e6 / (double)N);
    return 0;
  }
  struct mosquitto *m = mosquitto_new(NULL, true, NULL);
  mosquitto_connect_callback_set(m, on_connect);
  mosquitto_publish_callback_set(m, on_publish);
  mosquitto_subscribe_callback_set(m, on_suback);
  mosquitto_message_callback_set(m, on_message);
  mosquitto_max_inflight_messages_set(m, (unsigned)infl);
  mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
  int rc = mosquitto_connect(m, "127.0.0.1", port, 60);
  if (rc) die("connect: %s", mosquitto_strerror(rc));
  double c0 = self_cpu_s();
  char *pl = malloc((size_t)size);
  memset(pl, 'x', (size_t)size);
  if (!strcmp(mode, "pub")) {
    mosquitto_loop_start(m);
    while (!ready) usleep(1000);
    t0 = now_ns();
    for (uint64_t i = 0; i < N; i++) {
      while (i - done >= outst) usleep(20);
      rc = mosquitto_publish(m, NULL, topic, size, pl, q, false);
      if (rc) die("publish: %s", mosquitto_strerror(rc));
    }
    uint64_t last = done, lt = now_ns();
    while (done < N) {
      usleep(100);
      if (done != last) last = done, lt = now_ns();
      else if (now_ns() - lt > 10000000000ull) die("stuck at %lu", (unsigned long)done);
    }
    t1 = now_ns();
  } else {
    while (!ready) mosquitto_loop(m, 100, 1);
    mosquitto_subscribe(m, NULL, topic, q);
    uint64_t last = 0, lt = now_ns();
    while (got < N) {
      if (mosquitto_loop(m, 500, 1)) break;
      if (got != last) last = got, lt = now_ns();
      else if (got && now_ns() - lt > 2000000000ull) break;
    }
  }
  double s = (double)(t1 - t0) / 1e9;
  uint64_t n = got ? got : N;
  printf("lib=libmosquitto mode=%s qos=%d inflight=%d size=%d n=%lu secs=%.3f msgs_s=%.0f cpu_us_msg=%.3f rss_kb=%ld\n", mode, q, infl, size,
         (unsigned long)n, s, (double)n / s, (self_cpu_s() - c0) * 1e6 / (double)n, proc_rss_kb(getpid()));
  return 0;
}

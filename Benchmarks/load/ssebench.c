/* ssebench.c - load client for server-sent-event (and WebSocket) fan-out servers.
 * Opens N subscriber connections (epoll, one receiver thread), publishes stamped messages
 * (HTTP POST, a line feed, or MQTT QoS 0) from a second thread, and prints one result line.
 *   closed loop (-w W): at most W messages are in flight; measures the highest sustained rate
 *   open loop   (-r R): R messages/s on a fixed schedule; latency counts from the scheduled time
 *   idle        (-d 0): connects, reports RSS per connection, leaves
 * The publisher is in ssepublish.c. */
#include "ssebench.h"

int N = 1000, K = 1, W = 0, body = 128, depth = 64, perconn = 0, evw;
double rate = 0;
const char *pubspec = "http:9000:/pub/{topic}", *btpl = "{msg}";
_Atomic uint64_t received, published;
_Atomic int waiting, stop_pub;
_Atomic uint64_t stalls, late_max, pub_err, lost_adj;

static int port = 9000, spin = 0, ws = 0, hold = 0;
static double dur = 5, warm = 1;
static const char *path = "/sse/{topic}", *hdr = "", *tag = "", *opening;
static int pids[64], npids;

typedef struct {
  int fd;
  uint32_t topic, last, got;
  uint8_t st, cl; /* st: 0 connecting, 1 waiting for head, 2 streaming, 3 waiting for the opening text */
  char carry[STAMP_LEN + 6];
} conn;
static conn *cs;
static int ep;
static _Atomic int phase; /* 1: measuring */
static _Atomic uint64_t t_start;
static uint64_t nrecv, bad, ooo, closed, bytes_in;
static hist H;

size_t expand(char *o, size_t cap, const char *t, int topic, const char *msg, size_t ml) {
  size_t n = 0;
  for (; *t; t++) {
    if (!strncmp(t, "{topic}", 7)) n += (size_t)snprintf(o + n, cap - n, "%d", topic), t += 6;
    else if (!strncmp(t, "{msg}", 5)) {
      memcpy(o + n, msg, ml), n += ml, t += 4;
    } else if (t[0] == '\\' && t[1] == 'n') o[n++] = '\n', t++;
    else o[n++] = *t;
    if (n + 64 > cap) die("template too long");
  }
  o[n] = 0;
  return n;
}

static void scan(conn *c, const char *p, size_t n, uint64_t now, int meas) {
  char tmp[2 * STAMP_LEN + 16];
  uint64_t ts, seq;
  if (c->cl) { /* finish a stamp cut by the previous read */
    size_t take = (size_t)(STAMP_LEN - c->cl) < n ? (size_t)(STAMP_LEN - c->cl) : n;
    memcpy(tmp, c->carry, c->cl);
    memcpy(tmp + c->cl, p, take);
    if (c->cl + take < STAMP_LEN) {
      memcpy(c->carry, tmp, c->cl + take);
      c->cl = (uint8_t)(c->cl + take);
      return;
    }
    c->cl = 0;
    if (tmp[1] == '~' && get_hex(tmp + 2, 16, &ts) && get_hex(tmp + 18, 8, &seq)) {
      received++;
      c->got++;
      if (seq <= c->last && c->got > 1) ooo++;
      c->last = (uint32_t)seq;
      if (meas && ts >= t_start) hist_add(&H, now > ts ? now - ts : 0);
      p += take, n -= take;
    } else bad++;
  }
  const char *e = p + n;
  uint64_t k = 0;
  while ((p = memchr(p, '@', (size_t)(e - p)))) {
    if (e - p < STAMP_LEN) {
      if (e - p == 1 || p[1] == '~') {
        memcpy(c->carry, p, (size_t)(e - p));
        c->cl = (uint8_t)(e - p);
      }
      break;
    }
    if (p[1] == '~' && get_hex(p + 2, 16, &ts) && get_hex(p + 18, 8, &seq)) {
      k++;
      c->got++;
      if (seq <= c->last && c->got > 1) ooo++;
      c->last = (uint32_t)seq;
      if (meas && ts >= t_start) hist_add(&H, now > ts ? now - ts : 0);
      p += STAMP_LEN;
    } else p++;
    if (p >= e) break;
  }
  if (k) atomic_fetch_add_explicit(&received, k, memory_order_relaxed);
}

static void usage(void) {
  fprintf(stderr,
          "ssebench [-p port] [-u /sse/{topic}] [-n conns] [-k topics] [-P http:PORT:/pub/{topic} | feed:PORT | mqtt:PORT:prefix/{topic}]\n"
          "  [-w window | -r msgs/s] [-d seconds] [-W warmup] [-b body-bytes] [-B body-template] [-D pipelining depth | -C (one connection per POST)]\n"
          "  [-s pid,pid] [-H 'Extra: header'] [-g tag] [-O text that opens a stream] [-x (websocket)] [-Z hold-seconds after connecting] [-y busy-poll: no wake-ups]\n");
  exit(2);
}
static double cpu_all(void) {
  double c = 0;
  for (int i = 0; i < npids; i++) c += proc_cpu_s(pids[i]);
  return c;
}
static long rss_all(void) {
  long c = 0;
  for (int i = 0; i < npids; i++) c += proc_rss_kb(pids[i]);
  return c;
}
static long tcp_mem_pages(void) {
  FILE *f = fopen("/proc/net/sockstat", "r");
  char l[256];
  long m = 0;
  while (f && fgets(l, sizeof l, f)) {
    char *q = strstr(l, " mem ");
    if (!strncmp(l, "TCP:", 4) && q) m = atol(q + 5);
  }
  if (f) fclose(f);
  return m;
}
static void start_conn(int i) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  struct sockaddr_in s = {.sin_family = AF_INET};
  s.sin_addr.s_addr = htonl(0x7f000001u + (uint32_t)(i / 5000));
  if (bind(fd, (struct sockaddr *)&s, sizeof s)) die("bind source");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&a, sizeof a) && errno != EINPROGRESS) die("connect");
  cs[i] = (conn){.fd = fd, .topic = (uint32_t)(i % K)};
  struct epoll_event e = {.events = EPOLLOUT, .data.u32 = (uint32_t)i};
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}
int main(int ac, char **av) {
  int o;
  while ((o = getopt(ac, av, "p:u:n:k:P:w:r:d:W:b:B:D:s:H:g:O:xZ:Cy")) != -1) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 'u': path = optarg; break;
      case 'n': N = atoi(optarg); break;
      case 'k': K = atoi(optarg); break;
      case 'P': pubspec = optarg; break;
      case 'w': W = atoi(optarg); break;
      case 'r': rate = atof(optarg); break;
      case 'd': dur = atof(optarg); break;
      case 'W': warm = atof(optarg); break;
      case 'b': body = atoi(optarg); break;
      case 'B': btpl = optarg; break;
      case 'D': depth = atoi(optarg); break;
      case 'H': hdr = optarg; break;
      case 'g': tag = optarg; break;
      case 'O': opening = optarg; break;
      case 'x': ws = 1; break;
      case 'C': perconn = 1; break;
      case 'y': spin = 1; break;
      case 'Z': hold = atoi(optarg); break;
      case 's':
        for (char *t = strtok(optarg, ","); t; t = strtok(NULL, ",")) pids[npids++] = atoi(t);
        break;
      default: usage();
    }
  if (!W && rate <= 0 && dur > 0) usage();
  if (N % K || body < STAMP_LEN) die("N must be a multiple of K; body >= %d", STAMP_LEN);
  raise_nofile();
  signal(SIGPIPE, SIG_IGN);
  cs = calloc((size_t)N, sizeof *cs);
  ep = epoll_create1(0);
  evw = eventfd(0, 0);
  struct epoll_event ev[1024];
  static char buf[1 << 18];

  long rss0 = rss_all(), mem0 = tcp_mem_pages();
  uint64_t tc0 = now_ns();
  int started = 0, ready = 0, inprog = 0;
  while (ready < N) {
    while (started < N && inprog < 128) start_conn(started++), inprog++;
    int n = epoll_wait(ep, ev, 1024, 10000);
    if (n == 0) die("only %d of %d connections came up", ready, N);
    for (int i = 0; i < n; i++) {
      conn *c = &cs[ev[i].data.u32];
      if (c->st == 0) {
        int err = 0;
        socklen_t sl = sizeof err;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &sl);
        if (err) errno = err, die("connect #%u", ev[i].data.u32);
        char p[512], rq[2048];
        expand(p, sizeof p, path, (int)c->topic, "", 0);
        int l = snprintf(rq, sizeof rq, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s\r\n", p,
                         ws ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            : "Accept: text/event-stream\r\n",
                         hdr, *hdr ? "\r\n" : "");
        if (send(c->fd, rq, (size_t)l, MSG_NOSIGNAL) != l) die("send request");
        c->st = 1;
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = ev[i].data.u32};
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
      } else {
        ssize_t r = recv(c->fd, buf, sizeof buf - 1, 0);
        if (r <= 0) die("connection %u closed before its head (%zd)", ev[i].data.u32, r);
        buf[r] = 0;
        if (c->st == 1) {
          if (!memmem(buf, (size_t)r, "\r\n\r\n", 4)) continue;
          if (strncmp(buf, ws ? "HTTP/1.1 101" : "HTTP/1.1 200", 12)) die("status: %.60s", buf);
          c->st = 3;
        }
        if (c->st == 3 && (!opening || strstr(buf, opening))) {
          c->st = 2;
          ready++, inprog--;
        }
      }
    }
  }
  double tconn = (double)(now_ns() - tc0) / 1e9;
  usleep(700000);
  long rss1 = rss_all(), mem1 = tcp_mem_pages();
  double per = npids ? (double)(rss1 - rss0) / N : 0;
  if (dur <= 0) {
    double i0 = cpu_all();
    if (hold) sleep((unsigned)hold);
    printf("tag=%s idle N=%d connect_s=%.2f rss0_kb=%ld rss1_kb=%ld rss_per_conn_kb=%.2f kernel_tcp_mem_pages=%ld idle_cpu_s=%.2f\n",
           tag, N, tconn, rss0, rss1, per, mem1 - mem0, cpu_all() - i0);
    for (int i = 0; i < N; i++) reset_close(cs[i].fd);
    return 0;
  }
  pub_open();
  pthread_t th;
  pthread_create(&th, NULL, publisher, NULL);
  uint64_t T0 = now_ns(), m0 = T0 + (uint64_t)(warm * 1e9), m1 = m0 + (uint64_t)(dur * 1e9);
  uint64_t r0 = 0, r1 = 0, nr0 = 0, p0 = 0, p1 = 0, real0 = 0, real1 = 0;
  double sc0 = 0, sc1 = 0, cc0 = 0, cc1 = 0, u0 = 0, u1 = 0, q0 = 0, q1 = 0, s0 = 0, s1 = 0;
  int finishing = 0;
  for (;;) {
    int n = epoll_wait(ep, ev, 1024, spin ? 0 : 20);
    uint64_t now = now_ns();
    if (!phase && !finishing && now >= m0) {
      phase = 1;
      t_start = now;
      real0 = now;
      r0 = received, p0 = published, nr0 = nrecv;
      sc0 = cpu_all(), cc0 = self_cpu_s();
      sys_cpu_s(&u0, &q0, &s0);
    }
    for (int i = 0; i < n; i++) {
      conn *c = &cs[ev[i].data.u32];
      ssize_t r = recv(c->fd, buf, sizeof buf, 0);
      if (r <= 0) {
        if (r < 0 && errno == EAGAIN) continue;
        closed++;
        epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
        continue;
      }
      nrecv++, bytes_in += (uint64_t)r;
      scan(c, buf, (size_t)r, now_ns(), phase);
      if ((i & 31) == 31 && W && atomic_load(&waiting) &&
          atomic_load(&published) - atomic_load(&received) / fan() < (uint64_t)W) {
        uint64_t one = 1;
        atomic_store(&waiting, 0);
        if (write(evw, &one, 8)) {}
      }
    }
    if (W && atomic_load(&waiting) && (int64_t)(atomic_load(&published) - atomic_load(&received) / fan() - lost_adj) < W) {
      uint64_t one = 1;
      atomic_store(&waiting, 0);
      if (write(evw, &one, 8)) {}
    }
    if (phase && now >= m1) {
      phase = 0;
      finishing = 1;
      real1 = now;
      r1 = received, p1 = published, nr0 = nrecv - nr0;
      sc1 = cpu_all(), cc1 = self_cpu_s();
      sys_cpu_s(&u1, &q1, &s1);
      stop_pub = 1;
      uint64_t one = 1;
      if (write(evw, &one, 8)) {}
    }
    if (finishing && (now > real1 + 3000000000ull || received >= published * fan())) break;
    if (stalls >= 3) { if (!finishing) r1 = received, real1 = now, p1 = published; break; }
  }
  pthread_join(th, NULL);
  double secs = (double)(real1 - real0) / 1e9;
  long rss2 = rss_all();
  uint64_t expect = published * fan(), got = received;
  printf("tag=%s N=%d K=%d %s=%g secs=%.1f msgs_s=%.0f deliv_s=%.0f p50us=%.0f p99us=%.0f p999us=%.0f maxus=%.0f "
         "ev_per_recv=%.2f bytes_per_ev=%.0f srv_cpu=%.0f%% cli_cpu=%.0f%% softirq=%.0f%% foreign_cpu=%.0f%% steal=%.0f%% rss_per_conn_kb=%.2f rss_end_kb=%ld lost=%ld ooo=%lu bad=%lu closed=%lu "
         "puberr=%lu stalls=%lu publate_us=%.0f\n",
         tag, N, K, W ? "window" : "rate", W ? (double)W : rate, secs, (double)(p1 - p0) / secs, (double)(r1 - r0) / secs,
         (double)hist_q(&H, .5) / 1e3, (double)hist_q(&H, .99) / 1e3, (double)hist_q(&H, .999) / 1e3, (double)H.max / 1e3,
         nr0 ? (double)(r1 - r0) / (double)nr0 : 0, got ? (double)bytes_in / (double)got : 0, 100 * (sc1 - sc0) / secs,
         100 * (cc1 - cc0) / secs, 100 * (q1 - q0) / secs, 100 * (u1 - u0 + q1 - q0 - (sc1 - sc0) - (cc1 - cc0)) / secs, 100 * (s1 - s0) / secs, per, rss2, (long)(expect - got), ooo, bad, closed, (unsigned long)pub_err,
         (unsigned long)stalls, (double)late_max / 1e3);
  for (int i = 0; i < N; i++) reset_close(cs[i].fd);
  return 0;
}

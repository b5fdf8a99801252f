/* mqblast.c - raw MQTT 3.1.1 publisher / subscriber with precomputed packets: the limit that a broker sets.
 *   mqblast pub  -p port -n count -q qos -s size -i inflight -t topic     flood, closed by acknowledgements (QoS 0: by a last QoS 1)
 *   mqblast sub  -p port -n count -q qos -t topic                         counts until count messages or 2 idle seconds
 *   mqblast thru -p port -n count -q qos -s size -w window -t topic       publisher and subscriber in one thread, at most window
 *                                                                         messages between them: msgs/s through the broker, latency
 * One line: lib=mqblast ... msgs_s=...    */
#include "bench.h"
#include <stddef.h>

static int port = 1883, q = 0, size = 64, infl = 100, window = 1000;
static uint64_t N = 200000;
static const char *topic = "bench/t";

static int mq_connect(const char *id) {
  int fd = tcp_connect(port);
  unsigned char b[128] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
  size_t l = strlen(id);
  b[12] = (unsigned char)(l >> 8), b[13] = (unsigned char)l;
  memcpy(b + 14, id, l);
  b[1] = (unsigned char)(12 + l);
  write_all(fd, (char *)b, 14 + l);
  char r[4];
  if (recv(fd, r, 4, MSG_WAITALL) != 4 || r[3]) die("connack");
  return fd;
}
static void mq_sub(int fd) {
  unsigned char b[300] = {0x82, 0, 0, 1};
  size_t l = strlen(topic);
  b[4] = (unsigned char)(l >> 8), b[5] = (unsigned char)l;
  memcpy(b + 6, topic, l);
  b[6 + l] = (unsigned char)q;
  b[1] = (unsigned char)(5 + l);
  write_all(fd, (char *)b, 7 + l);
  char r[5];
  if (recv(fd, r, 5, MSG_WAITALL) != 5 || (unsigned char)r[0] != 0x90) die("suback");
}
static size_t mk(unsigned char *o, int qos, uint16_t pid, uint32_t seq, uint64_t ns) {
  size_t tl = strlen(topic), k = 0, rl = 2 + tl + (qos ? 2u : 0u) + (size_t)size;
  o[k++] = (unsigned char)(0x30 | qos << 1);
  k += (size_t)put_varlen(o + k, (uint32_t)rl);
  o[k++] = (unsigned char)(tl >> 8), o[k++] = (unsigned char)tl;
  memcpy(o + k, topic, tl), k += tl;
  if (qos) o[k++] = (unsigned char)(pid >> 8), o[k++] = (unsigned char)pid;
  memset(o + k, 'x', (size_t)size);
  if (size >= STAMP_LEN) stamp((char *)o + k, ns, seq);
  return k + (size_t)size;
}
/* incoming packets; calls back with type, body */
typedef struct { unsigned char b[1 << 18]; size_t n; } inb;
static ssize_t feed(int fd, inb *in, int flags, void (*f)(void *, unsigned char, unsigned char *, size_t), void *u) {
  ssize_t r = recv(fd, in->b + in->n, sizeof in->b - in->n, flags);
  if (r <= 0) return r;
  in->n += (size_t)r;
  unsigned char *p = in->b, *e = p + in->n;
  while (e - p >= 2) {
    uint32_t rl = 0;
    int i = 0, done = 0;
    while (i < 4 && p + 1 + i < e) {
      rl |= (uint32_t)(p[1 + i] & 127) << (7 * i);
      if (!(p[1 + i++] & 128)) { done = 1; break; }
    }
    if (!done || p + 1 + i + rl > e) break;
    f(u, p[0], p + 1 + i, rl);
    p += 1 + i + (ptrdiff_t)rl;
  }
  in->n = (size_t)(e - p);
  memmove(in->b, p, in->n);
  return r;
}
static uint64_t acked, got;
static unsigned char ob[1 << 18];
static size_t on;
static hist H;
static int lat;
static void on_pub(void *u, unsigned char h, unsigned char *p, size_t n) {
  (void)u, (void)n;
  if (h >> 4 == 4 || h >> 4 == 7) acked++;
  else if (h >> 4 == 5) ob[on++] = 0x62, ob[on++] = 2, ob[on++] = p[0], ob[on++] = p[1];
}
static void on_sub(void *u, unsigned char h, unsigned char *p, size_t n) {
  (void)u;
  int qq = h >> 1 & 3;
  if (h >> 4 == 3) {
    got++;
    size_t tl = (size_t)(p[0] << 8 | p[1]), o = 2 + tl + (qq ? 2u : 0u);
    uint64_t ts;
    if (lat && n - o >= STAMP_LEN && get_hex((char *)p + o + 2, 16, &ts)) hist_add(&H, now_ns() - ts);
    if (qq) ob[on++] = qq == 1 ? 0x40 : 0x50, ob[on++] = 2, ob[on++] = p[2 + tl], ob[on++] = p[3 + tl];
  } else if (h >> 4 == 6) ob[on++] = 0x70, ob[on++] = 2, ob[on++] = p[0], ob[on++] = p[1];
}
int main(int ac, char **av) {
  if (ac < 2) return 2;
  const char *mode = av[1];
  optind = 2;
  int o;
  while ((o = getopt(ac, av, "p:n:q:s:i:t:w:")) != -1) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 'n': N = strtoull(optarg, NULL, 10); break;
      case 'q': q = atoi(optarg); break;
      case 's': size = atoi(optarg); break;
      case 'i': infl = atoi(optarg); break;
      case 't': topic = optarg; break;
      case 'w': window = atoi(optarg); break;
      default: return 2;
    }
  if (infl > 65000) infl = 65000;
  static inb in, in2;
  double c0 = self_cpu_s();
  uint64_t t0, t1 = 0, sent = 0;
  uint16_t pid = 0;
  static unsigned char buf[1 << 20];
  if (!strcmp(mode, "pub")) {
    int fd = mq_connect("mqblast-pub");
    t0 = now_ns();
    while (sent < N || (q && acked < N)) {
      size_t k = 0;
      while (sent < N && k < 60000 && (q == 0 || sent - acked < (uint64_t)infl)) {
        if (++pid == 0) pid = 1;
        k += mk(buf + k, q, pid, (uint32_t)sent, 0);
        sent++;
      }
      if (k && write_all(fd, (char *)buf, k)) die("write");
      if (q && feed(fd, &in, k && sent - acked < (uint64_t)infl ? MSG_DONTWAIT : 0, on_pub, NULL) == 0) die("closed");
      if (on) write_all(fd, (char *)ob, on), on = 0;
    }
    if (q == 0) { /* everything was taken once this is acknowledged */
      size_t k = mk(buf, 1, 1, 0, 0);
      write_all(fd, (char *)buf, k);
      while (!acked) if (feed(fd, &in, 0, on_pub, NULL) <= 0) die("closed");
    }
    t1 = now_ns();
  } else if (!strcmp(mode, "sub")) {
    int fd = mq_connect("mqblast-sub");
    struct timeval tv = {2, 0};
    mq_sub(fd);
    printf("READY\n");
    fflush(stdout);
    t0 = 0;
    for (;;) {
      ssize_t r = feed(fd, &in, 0, on_sub, NULL);
      if (r <= 0) break;
      if (got && !t0) t0 = now_ns(), setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
      if (on) write_all(fd, (char *)ob, on), on = 0;
      t1 = now_ns();
      if (got >= N) break;
    }
    N = got;
  } else {
    lat = 1;
    int pf = mq_connect("mqblast-p"), sf = mq_connect("mqblast-s");
    mq_sub(sf);
    t0 = now_ns();
    set_nonblock(pf);
    uint64_t last = t0;
    while (got < N) {
      size_t k = 0;
      while (sent < N && k < 60000 && sent - got < (uint64_t)window && (q == 0 || sent - acked < 60000)) {
        if (++pid == 0) pid = 1;
        k += mk(buf + k, q, pid, (uint32_t)sent, now_ns());
        sent++;
      }
      for (size_t d = 0; d < k;) {
        ssize_t r = send(pf, buf + d, k - d, MSG_NOSIGNAL);
        if (r > 0) d += (size_t)r;
        else if (errno != EAGAIN) die("write");
        else { feed(sf, &in2, MSG_DONTWAIT, on_sub, NULL); if (on) write_all(sf, (char *)ob, on), on = 0; }
      }
      if (q) {
        feed(pf, &in, MSG_DONTWAIT, on_pub, NULL);
        if (on) { fcntl(pf, F_SETFL, 0); write_all(pf, (char *)ob, on); set_nonblock(pf); on = 0; }
      }
      uint64_t g = got;
      fd_set f;
      FD_ZERO(&f);
      FD_SET(sf, &f);
      if (q) FD_SET(pf, &f);
      struct timeval tv = {1, 0};
      if (sent - got >= (uint64_t)window || sent == N) select((pf > sf ? pf : sf) + 1, &f, NULL, NULL, &tv);
      feed(sf, &in2, MSG_DONTWAIT, on_sub, NULL);
      if (on) write_all(sf, (char *)ob, on), on = 0;
      if (got != g) last = now_ns();
      else if (now_ns() - last > 3000000000ull) break; /* lost messages */
    }
    t1 = now_ns();
  }
  double s = (double)(t1 - t0) / 1e9;
  printf("lib=mqblast mode=%s qos=%d inflight=%d size=%d n=%lu secs=%.3f msgs_s=%.0f cpu_us_msg=%.3f", mode, q, infl, size, (unsigned long)N, s,
         (double)(got ? got : N) / s, (self_cpu_s() - c0) * 1e6 / (double)N);
  if (lat) printf(" window=%d lost=%ld p50us=%.0f p99us=%.0f", window, (long)(N - got), (double)hist_q(&H, .5) / 1e3, (double)hist_q(&H, .99) / 1e3);
  printf("\n");
  return 0;
}

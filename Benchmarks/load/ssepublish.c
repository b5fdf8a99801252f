/* ssepublish.c - the publishing thread of ssebench: HTTP POST, lines of a feed, or MQTT QoS 0. */
#include "ssebench.h"
#include <sys/prctl.h>

static int pub_fd, pub_port;
static char pub_kind[16], pub_arg[512];
static uint64_t reqs, reps;
static char rbuf[1 << 16];

static void count_replies(const char *b, ssize_t n) { /* counts status lines of pipelined answers */
  static int m; /* progress in "HTTP/1.1 " */
  static const char pat[] = "HTTP/1.1 ";
  for (ssize_t i = 0; i < n; i++) {
    if (m == 9) {
      reps++;
      if (b[i] != '2') pub_err++;
      m = 0;
    } else if (b[i] == pat[m] || (m == 7 && b[i] == '0')) m++;
    else m = b[i] == 'H';
  }
}
static void drain(int block) {
  for (;;) {
    ssize_t r = recv(pub_fd, rbuf, sizeof rbuf, block ? 0 : MSG_DONTWAIT);
    if (r <= 0) {
      if (block) die("publisher connection lost");
      return;
    }
    if (pub_kind[0] == 'h') count_replies(rbuf, r);
    block = 0;
  }
}
static size_t build(char *o, size_t cap, int topic, const char *msg, size_t ml) {
  char a[1024];
  size_t n;
  if (pub_kind[0] == 'h') {
    static char b[1 << 16];
    size_t bl = expand(b, sizeof b, btpl, topic, msg, ml);
    expand(a, sizeof a, pub_arg, topic, "", 0);
    n = (size_t)snprintf(o, cap, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", a,
                         b[0] == '{' ? "application/json" : "text/plain", bl);
    memcpy(o + n, b, bl);
    return n + bl;
  }
  if (pub_kind[0] == 'f') {
    n = (size_t)snprintf(o, cap, "%d ", topic);
    memcpy(o + n, msg, ml);
    o[n + ml] = '\n';
    return n + ml + 1;
  }
  size_t tl = expand(a, sizeof a, pub_arg, topic, "", 0); /* mqtt */
  o[0] = 0x30;
  n = 1 + (size_t)put_varlen((unsigned char *)o + 1, (uint32_t)(2 + tl + ml));
  o[n++] = (char)(tl >> 8), o[n++] = (char)tl;
  memcpy(o + n, a, tl), n += tl;
  memcpy(o + n, msg, ml);
  return n + ml;
}
void pub_open(void) {
  char s[600];
  snprintf(s, sizeof s, "%s", pubspec);
  char *p1 = strchr(s, ':'), *p2 = p1 ? strchr(p1 + 1, ':') : NULL;
  if (!p1) die("bad -P");
  *p1 = 0;
  if (p2) *p2 = 0, snprintf(pub_arg, sizeof pub_arg, "%s", p2 + 1);
  snprintf(pub_kind, sizeof pub_kind, "%.15s", s);
  pub_port = atoi(p1 + 1);
  pub_fd = tcp_connect(pub_port);
  if (pub_kind[0] == 'm') {
    static const unsigned char c[] = {0x10, 18, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 6, 's', 's', 'e', 'b', 'c', 'h'};
    write_all(pub_fd, (const char *)c, sizeof c);
    char r[4];
    if (recv(pub_fd, r, 4, MSG_WAITALL) != 4 || r[3]) die("mqtt connack");
  }
}
void *publisher(void *u) {
  (void)u;
  static char out[1 << 18], msg[65536];
  memset(msg, 'x', sizeof msg);
  uint64_t seq = 0, t0 = now_ns(), rng = 88172645463325252ull;
  prctl(PR_SET_TIMERSLACK, 1000);
  while (!stop_pub) {
    uint64_t now = now_ns(), can;
    if (W) {
      uint64_t done = atomic_load(&received) / fan() + lost_adj, infl = seq > done ? seq - done : 0;
      can = infl < (uint64_t)W ? (uint64_t)W - infl : 0;
      if (!can) {
        atomic_store(&waiting, 1);
        done = atomic_load(&received) / fan() + lost_adj;
        if (seq > done && seq - done >= (uint64_t)W) {
          struct timeval tv = {2, 0};
          fd_set f;
          FD_ZERO(&f);
          FD_SET(evw, &f);
          if (select(evw + 1, &f, NULL, NULL, &tv) == 0) {
            stalls++;
            lost_adj += seq - done;
            if (stalls >= 3) break;
          } else {
            uint64_t x;
            if (read(evw, &x, 8)) {}
          }
        }
        atomic_store(&waiting, 0);
        if (pub_kind[0] == 'h' && !perconn) drain(0);
        continue;
      }
    } else {
      uint64_t due = (uint64_t)((double)(now - t0) / 1e9 * rate) + 1;
      if (due <= seq) {
        uint64_t nx = t0 + (uint64_t)((double)seq / rate * 1e9);
        struct timespec ts = {(time_t)(nx / 1000000000ull), (long)(nx % 1000000000ull)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
        continue;
      }
      can = due - seq;
    }
    size_t n = 0;
    for (uint64_t i = 0; i < can && n < sizeof out - 8192 && !(perconn && i); i++) {
      if (pub_kind[0] == 'h' && reqs - reps + 1 > (uint64_t)depth) {
        if (n) break;
        drain(1);
        if (reqs - reps + 1 > (uint64_t)depth) { i--; continue; }
      }
      uint64_t when = W ? now : t0 + (uint64_t)((double)seq / rate * 1e9);
      if (!W && now > when && now - when > late_max) late_max = now - when;
      stamp(msg, when, (uint32_t)++seq);
      rng ^= rng << 13, rng ^= rng >> 7, rng ^= rng << 17;
      n += build(out + n, sizeof out - n, K == 1 ? 0 : (int)(rng % (uint64_t)K), msg, (size_t)body);
      if (pub_kind[0] == 'h') reqs++;
    }
    atomic_store(&published, seq);
    if (perconn && n) {
      ssize_t r;
      if (write_all(pub_fd, out, n)) die("publish");
      while ((r = recv(pub_fd, rbuf, sizeof rbuf, 0)) > 0) count_replies(rbuf, r);
      close(pub_fd);
      reps = reqs;
      pub_fd = tcp_connect(pub_port);
      continue;
    }
    if (n && write_all(pub_fd, out, n)) die("publish");
    drain(0);
  }
  return NULL;
}

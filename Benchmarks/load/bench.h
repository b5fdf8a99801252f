/* bench.h - small helpers shared by the bench programs in this folder.
 * No dependency but libc. */
#ifndef BENCH_H
#define BENCH_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *f, ...) {
  va_list a;
  va_start(a, f);
  vfprintf(stderr, f, a);
  va_end(a);
  fprintf(stderr, " (errno %d: %s)\n", errno, strerror(errno));
  exit(1);
}

/* ---- log-linear histogram of nanoseconds, ~1.6 % resolution ---- */
#define H_SUB 64
typedef struct {
  uint64_t n, max, sum;
  uint64_t b[64 * H_SUB];
} hist;
static inline unsigned hist_ix(uint64_t v) {
  if (v < H_SUB) return (unsigned)v;
  unsigned e = 63u - (unsigned)__builtin_clzll(v); /* >= 6 */
  unsigned s = (unsigned)((v >> (e - 6)) & (H_SUB - 1));
  return (e - 5) * H_SUB + s;
}
static inline uint64_t hist_val(unsigned i) {
  if (i < H_SUB) return i;
  unsigned e = i / H_SUB + 5, s = i % H_SUB;
  return ((uint64_t)(H_SUB + s) << (e - 6));
}
static inline void hist_add(hist *h, uint64_t v) {
  h->n++;
  h->sum += v;
  if (v > h->max) h->max = v;
  h->b[hist_ix(v)]++;
}
static inline uint64_t hist_q(const hist *h, double q) {
  uint64_t want = (uint64_t)(q * (double)h->n), c = 0;
  if (want >= h->n) return h->max;
  for (unsigned i = 0; i < 64 * H_SUB; i++) {
    c += h->b[i];
    if (c > want) return hist_val(i);
  }
  return h->max;
}

/* ---- other processes: rss (kB) and cpu (s) ---- */
static inline long proc_rss_kb(int pid) {
  char p[64], l[256];
  snprintf(p, sizeof p, "/proc/%d/status", pid);
  FILE *f = fopen(p, "r");
  if (!f) return 0;
  long kb = 0;
  while (fgets(l, sizeof l, f))
    if (sscanf(l, "VmRSS: %ld", &kb) == 1) break;
  fclose(f);
  return kb;
}
static inline double proc_cpu_s(int pid) {
  char p[64], l[1024];
  snprintf(p, sizeof p, "/proc/%d/stat", pid);
  FILE *f = fopen(p, "r");
  if (!f) return 0;
  size_t n = fread(l, 1, sizeof l - 1, f);
  fclose(f);
  l[n] = 0;
  char *q = strrchr(l, ')');
  unsigned long u = 0, s = 0;
  if (q) sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s);
  return (double)(u + s) / (double)sysconf(_SC_CLK_TCK);
}
/* whole machine, seconds: u = user+nice+system (task time), q = irq+softirq, s = steal */
static inline void sys_cpu_s(double *u, double *q, double *s) {
  FILE *f = fopen("/proc/stat", "r");
  unsigned long long a[8] = {0};
  *u = *q = *s = 0;
  if (!f) return;
  if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7) == 8) {
    double hz = (double)sysconf(_SC_CLK_TCK);
    *u = (double)(a[0] + a[1] + a[2]) / hz;
    *q = (double)(a[5] + a[6]) / hz;
    *s = (double)a[7] / hz;
  }
  fclose(f);
}
static inline double self_cpu_s(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
         (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}
static inline void raise_nofile(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

/* ---- sockets, loopback only ---- */
static inline int tcp_listen(int port, int reuseport) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (reuseport) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 4096)) die("listen %d", port);
  return fd;
}
static inline int tcp_connect(int port) { /* blocking */
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&a, sizeof a)) die("connect %d", port);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}
static inline void set_nonblock(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }
static inline int write_all(int fd, const char *p, size_t n) { /* blocking fd */
  while (n) {
    ssize_t r = send(fd, p, n, MSG_NOSIGNAL);
    if (r < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    p += r;
    n -= (size_t)r;
  }
  return 0;
}
static inline void reset_close(int fd) { /* RST, so no TIME_WAIT is left behind */
  struct linger l = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  close(fd);
}

/* ---- message stamp: "@~" + 16 hex ns + 8 hex seq, then padding ---- */
#define STAMP_LEN 26
static inline void put_hex(char *p, uint64_t v, int n) {
  static const char d[] = "0123456789abcdef";
  for (int i = n - 1; i >= 0; i--, v >>= 4) p[i] = d[v & 15];
}
static inline void stamp(char *p, uint64_t ns, uint32_t seq) {
  p[0] = '@';
  p[1] = '~';
  put_hex(p + 2, ns, 16);
  put_hex(p + 18, seq, 8);
}
static inline int get_hex(const char *p, int n, uint64_t *out) {
  uint64_t v = 0;
  for (int i = 0; i < n; i++) {
    char c = p[i];
    unsigned d;
    if (c >= '0' && c <= '9') d = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f') d = (unsigned)(c - 'a') + 10;
    else return 0;
    v = v << 4 | d;
  }
  *out = v;
  return 1;
}
/* MQTT remaining length */
static inline int put_varlen(unsigned char *p, uint32_t v) {
  int i = 0;
  do {
    unsigned char b = v & 127;
    v >>= 7;
    p[i++] = (unsigned char)(v ? b | 128 : b);
  } while (v);
  return i;
}
#endif

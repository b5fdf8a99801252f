/* rawsse.c - the practical physical limit of SSE fan-out on this machine: one thread, epoll,
 * one send(2) per delivery, no HTTP library.   GET /sse/<topic> subscribes, POST /pub/<topic> publishes,
 * a second port takes "<topic> <payload>\n" lines (stands for an MQTT input).
 *   rawsse [-p 9000] [-f feedport 9001] [-c (chunked framing, as libmicrohttpd sends)] [-B (batch what one read brought)] */
#include "bench.h"

#define MAXFD 20000
#define MAXTOPIC 20000
typedef struct {
  int fd, kind, topic, ix; /* kind 0 http, 1 subscriber, 2 feed */
  char *in;
  size_t n, cap;
} cn;
static cn *byfd[MAXFD];
typedef struct {
  int *fd;
  int n, cap;
} tp;
static tp topics[MAXTOPIC];
static int ep, chunked, batch;
static uint64_t dropped, sent;

static void drop(cn *c) {
  if (c->kind == 1) {
    tp *t = &topics[c->topic];
    int last = t->fd[--t->n];
    if (c->ix < t->n) t->fd[c->ix] = last, byfd[last]->ix = c->ix;
  }
  byfd[c->fd] = NULL;
  close(c->fd);
  free(c->in);
  free(c);
}
static void fan_bytes(int topic, const char *b, size_t n) {
  tp *t = &topics[topic];
  for (int i = 0; i < t->n; i++) {
    ssize_t r = send(t->fd[i], b, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    sent++;
    if (r != (ssize_t)n) {
      dropped++;
      if (r >= 0 || (errno != EAGAIN)) {
        cn *c = byfd[t->fd[i]];
        shutdown(c->fd, SHUT_RDWR); /* reaped by its epoll event */
      }
    }
  }
}
static size_t frame(char *o, const char *msg, size_t n) {
  size_t k = 0;
  if (chunked) k = (size_t)sprintf(o, "%zx\r\n", n + 8);
  memcpy(o + k, "data: ", 6), k += 6;
  memcpy(o + k, msg, n), k += n;
  memcpy(o + k, "\n\n", 2), k += 2;
  if (chunked) memcpy(o + k, "\r\n", 2), k += 2;
  return k;
}
/* batching: per topic pending bytes within one read */
static char *pend[MAXTOPIC];
static size_t pendn[MAXTOPIC];
static int dirty[MAXTOPIC], ndirty;
static void publish(int topic, const char *msg, size_t n) {
  char o[9000];
  if (topic < 0 || topic >= MAXTOPIC || n > 8192) return;
  size_t k = frame(o, msg, n);
  if (!batch) {
    fan_bytes(topic, o, k);
    return;
  }
  if (!pend[topic]) pend[topic] = malloc(65536);
  if (pendn[topic] + k > 65536) fan_bytes(topic, pend[topic], pendn[topic]), pendn[topic] = 0;
  else if (!pendn[topic]) dirty[ndirty++] = topic;
  memcpy(pend[topic] + pendn[topic], o, k);
  pendn[topic] += k;
}
static void flush_batch(void) {
  for (int i = 0; i < ndirty; i++) {
    int t = dirty[i];
    fan_bytes(t, pend[t], pendn[t]);
    pendn[t] = 0;
  }
  ndirty = 0;
}
static void readable(cn *c) {
  if (c->kind == 1) { /* only end of stream matters */
    char x[256];
    ssize_t r = recv(c->fd, x, sizeof x, MSG_DONTWAIT);
    if (r == 0 || (r < 0 && errno != EAGAIN)) drop(c);
    return;
  }
  if (!c->in) c->in = malloc(c->cap = c->kind == 2 ? 1 << 18 : 65536);
  ssize_t r = recv(c->fd, c->in + c->n, c->cap - c->n - 1, MSG_DONTWAIT);
  if (r <= 0) {
    if (r == 0 || errno != EAGAIN) drop(c);
    return;
  }
  c->n += (size_t)r;
  c->in[c->n] = 0;
  char *p = c->in, *e = c->in + c->n;
  if (c->kind == 2) {
    for (char *nl; (nl = memchr(p, '\n', (size_t)(e - p))); p = nl + 1) {
      char *q;
      long t = strtol(p, &q, 10);
      if (*q == ' ') publish((int)t, q + 1, (size_t)(nl - q - 1));
    }
  } else {
    char rep[16384];
    size_t rn = 0;
    for (;;) {
      char *h = memmem(p, (size_t)(e - p), "\r\n\r\n", 4);
      if (!h) break;
      if (!strncmp(p, "GET /sse/", 9)) {
        int t = atoi(p + 9), one = 1;
        if (t < 0 || t >= MAXTOPIC) { drop(c); return; }
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        static const char hd[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n";
        char b[256];
        int l = snprintf(b, sizeof b, "%s%s", hd, chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Connection: close\r\n\r\n");
        send(c->fd, b, (size_t)l, MSG_NOSIGNAL);
        tp *tt = &topics[t];
        if (tt->n == tt->cap) tt->fd = realloc(tt->fd, sizeof(int) * (size_t)(tt->cap = tt->cap ? tt->cap * 2 : 4));
        c->kind = 1, c->topic = t, c->ix = tt->n;
        tt->fd[tt->n++] = c->fd;
        free(c->in);
        c->in = NULL, c->n = c->cap = 0;
        return;
      }
      char *cl = strcasestr(p, "content-length:");
      size_t bl = cl && cl < h ? (size_t)atol(cl + 15) : 0;
      char *b = h + 4;
      if (b + bl > e) break;
      if (!strncmp(p, "POST /pub/", 10)) publish(atoi(p + 10), b, bl);
      static const char ok[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
      if (rn + sizeof ok < sizeof rep) memcpy(rep + rn, ok, sizeof ok - 1), rn += sizeof ok - 1;
      p = b + bl;
    }
    if (rn) send(c->fd, rep, rn, MSG_NOSIGNAL);
  }
  if (batch) flush_batch();
  c->n = (size_t)(e - p);
  memmove(c->in, p, c->n);
}
int main(int ac, char **av) {
  int port = 9000, feed = 9001, o;
  while ((o = getopt(ac, av, "p:f:cB")) != -1) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 'f': feed = atoi(optarg); break;
      case 'c': chunked = 1; break;
      case 'B': batch = 1; break;
      default: return 2;
    }
  raise_nofile();
  signal(SIGPIPE, SIG_IGN);
  ep = epoll_create1(0);
  int ls[2] = {tcp_listen(port, 0), tcp_listen(feed, 0)};
  for (int i = 0; i < 2; i++) {
    struct epoll_event e = {.events = EPOLLIN, .data.fd = ls[i]};
    epoll_ctl(ep, EPOLL_CTL_ADD, ls[i], &e);
  }
  struct epoll_event ev[512];
  for (;;) {
    int n = epoll_wait(ep, ev, 512, -1);
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      if (fd == ls[0] || fd == ls[1]) {
        int a, k = 0;
        while (k++ < 64 && (a = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
          if (a >= MAXFD) { close(a); continue; }
          cn *c = calloc(1, sizeof *c);
          c->fd = a, c->kind = fd == ls[1] ? 2 : 0;
          byfd[a] = c;
          struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = a};
          epoll_ctl(ep, EPOLL_CTL_ADD, a, &e);
        }
        continue;
      }
      if (byfd[fd]) readable(byfd[fd]);
    }
  }
}

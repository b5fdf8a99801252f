/* mhdsse.c - the same SSE fan-out as rawsse.c, on GNU libmicrohttpd (measured with 0.9.75).
 *   -m int      MHD_USE_EPOLL_INTERNAL_THREAD, suspend/resume
 *   -m pool     the same with -k worker threads (MHD_OPTION_THREAD_POOL_SIZE)
 *   -m ext      no MHD thread: own epoll loop over MHD_DAEMON_INFO_EPOLL_FD + MHD_run
 *   -m shard    like ext with -k daemons in the one loop; own accept, MHD_add_connection (bounds the resume scan to n/k)
 *   -m direct   like ext; MHD parses the request and sends the head, then the stream stays suspended and
 *               the loop writes events to the socket itself (no resume per event)
 *   -m steal    like direct, but the stream leaves MHD altogether: the handler dup()s the socket, sends the head itself and
 *               returns MHD_NO; MHD frees its connection (MHD_USE_TURBO keeps it from calling shutdown()) - least memory
 *   -M bytes    MHD_OPTION_CONNECTION_MEMORY_LIMIT     -R slots  ring slots per topic
 *   -p port -f feedport   GET /sse/<topic>, POST /pub/<topic>, feed lines "<topic> <payload>\n"
 *   -i          identity body (MHD_RF_HTTP_1_0_COMPATIBLE_STRICT) instead of chunked */
#include "bench.h"
#include <microhttpd.h>
#include <stddef.h>

#define MAXTOPIC 20000
#define MAXK 256
struct sub;
typedef struct {
  pthread_mutex_t mx;
  struct msg { size_t n; char b[]; } **ring;
  uint64_t head;
  struct sub **subs;
  int n, cap;
} topic;
typedef struct sub {
  struct MHD_Connection *c;
  topic *t;
  uint64_t cur;
  int fd, ix, shard, suspended, dead, started, watched;
} sub;
typedef struct { /* per request */
  int kind, topic;
  size_t n;
  sub *s;
  char body[8192];
} req;

static topic T[MAXTOPIC];
static struct MHD_Daemon *D[MAXK];
static int dfd[MAXK], dirty[MAXK];
static int nd = 1, ring = 1024, ep = -1, direct, steal, ext, identity;
static struct MHD_Response *r202, *r404;
static uint64_t dropped;
static _Atomic int gone;

static void publish(int tn, const char *p, size_t n) {
  if (tn < 0 || tn >= MAXTOPIC || n > 8192) return;
  topic *t = &T[tn];
  struct msg *m = malloc(sizeof *m + n + 32);
  size_t k = 0;
  if (direct && !identity) k = (size_t)sprintf(m->b, "%zx\r\n", n + 8);
  memcpy(m->b + k, "data: ", 6), k += 6;
  memcpy(m->b + k, p, n), k += n;
  memcpy(m->b + k, "\n\n", 2), k += 2;
  if (direct && !identity) memcpy(m->b + k, "\r\n", 2), k += 2;
  m->n = k;
  pthread_mutex_lock(&t->mx);
  if (!t->ring) t->ring = calloc((size_t)ring, sizeof *t->ring);
  free(t->ring[t->head % (uint64_t)ring]);
  t->ring[t->head++ % (uint64_t)ring] = m;
  for (int i = 0; i < t->n; i++) {
    sub *s = t->subs[i];
    if (direct) {
      if (!s->started || s->dead) continue;
      ssize_t r = send(s->fd, m->b, m->n, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (r != (ssize_t)m->n) { /* prototype: a real server queues here */
        dropped++;
        if (r >= 0 || errno != EAGAIN) shutdown(s->fd, SHUT_RDWR);
      }
    } else if (s->suspended) {
      s->suspended = 0;
      dirty[s->shard] = 1;
      MHD_resume_connection(s->c);
    }
  }
  pthread_mutex_unlock(&t->mx);
}
static ssize_t reader(void *cls, uint64_t pos, char *buf, size_t max) {
  sub *s = cls;
  topic *t = s->t;
  (void)pos;
  if (s->dead) return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t n = 0;
  pthread_mutex_lock(&t->mx);
  if (direct) {
    if (!s->watched) {
      struct epoll_event e = {.events = EPOLLRDHUP, .data.u64 = (uint64_t)(uintptr_t)s};
      s->watched = 1;
      epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e);
    }
    s->started = 1;
    MHD_suspend_connection(s->c);
    pthread_mutex_unlock(&t->mx);
    return 0;
  }
  if (t->head - s->cur > (uint64_t)ring) { dropped += t->head - s->cur - (uint64_t)ring; s->cur = t->head - (uint64_t)ring; }
  while (s->cur < t->head) {
    struct msg *m = t->ring[s->cur % (uint64_t)ring];
    if (n + m->n > max) break;
    memcpy(buf + n, m->b, m->n);
    n += m->n;
    s->cur++;
  }
  if (!n) {
    s->suspended = 1;
    MHD_suspend_connection(s->c);
  }
  pthread_mutex_unlock(&t->mx);
  return (ssize_t)n;
}
static void unlink_sub(sub *s) {
  topic *t = s->t;
  pthread_mutex_lock(&t->mx);
  t->subs[s->ix] = t->subs[--t->n];
  t->subs[s->ix]->ix = s->ix;
  pthread_mutex_unlock(&t->mx);
  gone++;
  free(s);
}
static void done(void *cls, struct MHD_Connection *c, void **rc, enum MHD_RequestTerminationCode code) {
  (void)cls, (void)c, (void)code;
  req *r = *rc;
  if (!r) return;
  if (r->s) unlink_sub(r->s);
  free(r);
  *rc = NULL;
}
static enum MHD_Result handler(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *ver,
                               const char *up, size_t *upn, void **rc) {
  (void)ver;
  req *r = *rc;
  if (!r) {
    int post = !strcmp(method, "POST");
    r = *rc = malloc(post ? sizeof *r : offsetof(req, body));
    r->n = 0, r->s = NULL;
    r->kind = post ? 1 : 0;
    const char *q = strrchr(url, '/');
    r->topic = q ? atoi(q + 1) : 0;
    return MHD_YES;
  }
  if (r->kind == 1) {
    if (*upn) {
      size_t k = *upn < sizeof r->body - r->n ? *upn : sizeof r->body - r->n;
      memcpy(r->body + r->n, up, k);
      r->n += k;
      *upn = 0;
      return MHD_YES;
    }
    publish(r->topic, r->body, r->n);
    return MHD_queue_response(c, 202, r202);
  }
  if (strncmp(url, "/sse/", 5) || r->topic < 0 || r->topic >= MAXTOPIC) return MHD_queue_response(c, 404, r404);
  sub *s = calloc(1, sizeof *s);
  s->c = c, s->t = &T[r->topic], s->shard = (int)(intptr_t)cls;
  s->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  topic *t = s->t;
  pthread_mutex_lock(&t->mx);
  s->cur = t->head;
  if (t->n == t->cap) t->subs = realloc(t->subs, sizeof *t->subs * (size_t)(t->cap = t->cap ? t->cap * 2 : 1));
  s->ix = t->n;
  t->subs[t->n++] = s;
  pthread_mutex_unlock(&t->mx);
  if (steal) {
    static const char hd[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n";
    int one = 1;
    s->fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (send(s->fd, hd, sizeof hd - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {}
    s->started = 1;
    struct epoll_event e = {.events = EPOLLRDHUP, .data.u64 = (uint64_t)(uintptr_t)s};
    epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e);
    return MHD_NO;
  }
  r->s = s;
  struct MHD_Response *resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, reader, s, NULL);
  MHD_add_response_header(resp, "Content-Type", "text/event-stream");
  MHD_add_response_header(resp, "Cache-Control", "no-store");
  if (identity) MHD_set_response_options(resp, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  enum MHD_Result x = MHD_queue_response(c, 200, resp);
  MHD_destroy_response(resp);
  return x;
}
/* ---- feed ---- */
typedef struct { int fd; size_t n; char b[1 << 18]; } feedc;
static int feed_read(feedc *f, int flags) {
  ssize_t r = recv(f->fd, f->b + f->n, sizeof f->b - f->n, flags);
  if (r <= 0) return r < 0 && errno == EAGAIN;
  f->n += (size_t)r;
  char *p = f->b, *e = f->b + f->n;
  for (char *nl; (nl = memchr(p, '\n', (size_t)(e - p))); p = nl + 1) {
    char *q;
    long t = strtol(p, &q, 10);
    if (*q == ' ') publish((int)t, q + 1, (size_t)(nl - q - 1));
  }
  f->n = (size_t)(e - p);
  memmove(f->b, p, f->n);
  return 1;
}
__attribute__((noreturn)) static void *feed_thread(void *u) {
  int ls = *(int *)u;
  fcntl(ls, F_SETFL, 0);
  for (;;) {
    feedc *f = calloc(1, sizeof *f);
    f->fd = accept4(ls, NULL, NULL, SOCK_CLOEXEC);
    while (feed_read(f, 0)) {}
    close(f->fd);
    free(f);
  }
}
int main(int ac, char **av) {
  const char *mode = "int";
  int port = 9000, feed = 9001, o;
  size_t mem = 0;
  while ((o = getopt(ac, av, "m:k:M:R:p:f:i")) != -1) switch (o) {
      case 'm': mode = optarg; break;
      case 'k': nd = atoi(optarg); break;
      case 'M': mem = (size_t)atol(optarg); break;
      case 'R': ring = atoi(optarg); break;
      case 'p': port = atoi(optarg); break;
      case 'f': feed = atoi(optarg); break;
      case 'i': identity = 1; break;
      default: return 2;
    }
  raise_nofile();
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < MAXTOPIC; i++) pthread_mutex_init(&T[i].mx, NULL);
  r202 = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
  r404 = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
  steal = !strcmp(mode, "steal");
  direct = steal || !strcmp(mode, "direct");
  int shard = !strcmp(mode, "shard"), pool = !strcmp(mode, "pool");
  ext = direct || shard || !strcmp(mode, "ext");
  int workers = pool ? nd : 0;
  if (!shard) nd = 1;
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct MHD_OptionItem opt[8];
  int no = 0;
  opt[no++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT, 19000, NULL};
  if (mem) opt[no++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)mem, NULL};
  if (workers > 1) opt[no++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, workers, NULL};
  if (!shard) opt[no++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096, NULL};
  opt[no++] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
  unsigned fl = MHD_ALLOW_SUSPEND_RESUME | (ext ? MHD_USE_EPOLL : MHD_USE_EPOLL_INTERNAL_THREAD) |
                (shard ? MHD_USE_NO_LISTEN_SOCKET : 0) | (steal ? MHD_USE_TURBO : 0);
  for (int i = 0; i < nd; i++) {
    D[i] = MHD_start_daemon(fl, (uint16_t)port, NULL, NULL, handler, (void *)(intptr_t)i, MHD_OPTION_NOTIFY_COMPLETED, done, NULL,
                            MHD_OPTION_SOCK_ADDR, &a, MHD_OPTION_ARRAY, opt, MHD_OPTION_END);
    if (!D[i]) die("MHD_start_daemon");
  }
  int fls = tcp_listen(feed, 0), ls = shard ? tcp_listen(port, 0) : -1;
  if (!ext) {
    pthread_t th;
    pthread_create(&th, NULL, feed_thread, &fls);
    for (;;) pause();
  }
  ep = epoll_create1(0);
  struct epoll_event ev[512], e;
  for (int i = 0; i < nd; i++) {
    dfd[i] = MHD_get_daemon_info(D[i], MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    e = (struct epoll_event){.events = EPOLLIN, .data.u64 = (uint64_t)i};
    epoll_ctl(ep, EPOLL_CTL_ADD, dfd[i], &e);
  }
  e = (struct epoll_event){.events = EPOLLIN, .data.u64 = 1000};
  epoll_ctl(ep, EPOLL_CTL_ADD, fls, &e);
  if (shard) e.data.u64 = 1001, epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  feedc *fc[16] = {0};
  int rr = 0;
  for (int i = 0; i < nd; i++) dirty[i] = 1;
  for (;;) {
    int busy = 0;
    for (int i = 0; i < nd; i++) busy |= dirty[i];
    int n = epoll_wait(ep, ev, 512, busy ? 0 : -1);
    for (int i = 0; i < n; i++) {
      uint64_t u = ev[i].data.u64;
      if (u < MAXK) dirty[u] = 1;
      else if (u == 1000) {
        int s = accept4(fls, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), k = 0;
        while (k < 15 && fc[k]) k++;
        fc[k] = calloc(1, sizeof **fc);
        fc[k]->fd = s;
        e = (struct epoll_event){.events = EPOLLIN, .data.u64 = 2000 + (uint64_t)k};
        epoll_ctl(ep, EPOLL_CTL_ADD, s, &e);
      } else if (u == 1001) {
        struct sockaddr_in pa;
        socklen_t pl = sizeof pa;
        int s, k = 0;
        while (k++ < 32 && (s = accept4(ls, (struct sockaddr *)&pa, &pl, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
          int w = rr++ % nd;
          MHD_add_connection(D[w], s, (struct sockaddr *)&pa, pl);
          dirty[w] = 1;
          pl = sizeof pa;
        }
      } else if (u >= 2000 && u < 2016) {
        int k = (int)u - 2000;
        if (fc[k] && !feed_read(fc[k], MSG_DONTWAIT)) {
          close(fc[k]->fd);
          free(fc[k]);
          fc[k] = NULL;
        }
      } else { /* direct: peer closed; hand the connection back to MHD for its end */
        sub *s = (sub *)(uintptr_t)u;
        if (steal) {
          close(s->fd);
          unlink_sub(s);
        } else if (!s->dead) {
          s->dead = 1;
          epoll_ctl(ep, EPOLL_CTL_DEL, s->fd, NULL);
          dirty[0] = 1;
          MHD_resume_connection(s->c);
        }
      }
    }
    for (int i = 0; i < nd; i++) {
      if (!dirty[i]) continue;
      dirty[i] = 0; /* callbacks run in MHD_run may set it again */
      MHD_run(D[i]);
      MHD_UNSIGNED_LONG_LONG tm;
      if (MHD_get_timeout(D[i], &tm) == MHD_YES && tm == 0) dirty[i] = 1;
    }
  }
}

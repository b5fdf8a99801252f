/* mhdpost.c - "POST, read the body, reply 202" on libmicrohttpd: the limit for an HTTP publish endpoint.
 *   -m int | pool (-k n) | ext       as in mhdsse.c
 *   -a          asynchronous: each POST is suspended, a completion step resumes it, then 202 (as "durable before 202" needs)
 *   -D us       the completion step takes that long per batch (stands for a group commit); default 0
 *   -p port     GET /sse/<n> holds a suspended stream, so that POST can be measured beside many idle subscribers */
#include "bench.h"
#include <microhttpd.h>
#include <stddef.h>

typedef struct req {
  int state; /* 0 body, 1 queued, 2 completed */
  size_t n;
  struct MHD_Connection *c;
  struct req *next;
  char body[4096];
} req;
static int async_, ext, delay_us;
static struct MHD_Response *r202, *r404;
static pthread_mutex_t mx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static req *queue;
static _Atomic uint64_t batches, items;

static ssize_t sse_reader(void *cls, uint64_t pos, char *b, size_t max) {
  (void)pos, (void)b, (void)max;
  MHD_suspend_connection(*(struct MHD_Connection **)cls);
  return 0;
}
static void done(void *cls, struct MHD_Connection *c, void **rc, enum MHD_RequestTerminationCode code) {
  (void)cls, (void)c, (void)code;
  free(*rc);
  *rc = NULL;
}
static enum MHD_Result handler(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *ver, const char *up,
                               size_t *upn, void **rc) {
  (void)ver, (void)cls;
  req *r = *rc;
  if (!r) {
    r = *rc = malloc(*method == 'P' ? sizeof *r : offsetof(req, body));
    r->state = 0, r->n = 0, r->c = c;
    return MHD_YES;
  }
  if (*method != 'P') {
    if (strncmp(url, "/sse/", 5)) return MHD_queue_response(c, 404, r404);
    struct MHD_Response *x = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 256, sse_reader, &r->c, NULL);
    MHD_add_response_header(x, "Content-Type", "text/event-stream");
    enum MHD_Result k = MHD_queue_response(c, 200, x);
    MHD_destroy_response(x);
    return k;
  }
  if (*upn) {
    size_t k = *upn < sizeof r->body - r->n ? *upn : sizeof r->body - r->n;
    memcpy(r->body + r->n, up, k);
    r->n += k;
    *upn = 0;
    return MHD_YES;
  }
  if (async_ && r->state == 0) {
    r->state = 1;
    MHD_suspend_connection(c);
    pthread_mutex_lock(&mx);
    r->next = queue;
    queue = r;
    if (!ext && !r->next) pthread_cond_signal(&cv);
    pthread_mutex_unlock(&mx);
    return MHD_YES;
  }
  return MHD_queue_response(c, 202, r202);
}
static int complete(void) { /* takes the whole batch */
  pthread_mutex_lock(&mx);
  req *q = queue;
  queue = NULL;
  pthread_mutex_unlock(&mx);
  if (!q) return 0;
  if (delay_us) {
    uint64_t e = now_ns() + (uint64_t)delay_us * 1000;
    while (now_ns() < e) usleep(10);
  }
  batches++;
  while (q) {
    req *nx = q->next; /* read before the resume: the other thread may free it */
    q->state = 2;
    items++;
    MHD_resume_connection(q->c);
    q = nx;
  }
  return 1;
}
static void *completer(void *u) {
  for (;;) {
    pthread_mutex_lock(&mx);
    while (!queue) pthread_cond_wait(&cv, &mx);
    pthread_mutex_unlock(&mx);
    complete();
  }
  return u;
}
int main(int ac, char **av) {
  const char *mode = "int";
  int port = 9000, o, k = 1;
  while ((o = getopt(ac, av, "m:k:p:aD:")) != -1) switch (o) {
      case 'm': mode = optarg; break;
      case 'k': k = atoi(optarg); break;
      case 'p': port = atoi(optarg); break;
      case 'a': async_ = 1; break;
      case 'D': delay_us = atoi(optarg); break;
      default: return 2;
    }
  raise_nofile();
  signal(SIGPIPE, SIG_IGN);
  r202 = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
  r404 = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
  ext = !strcmp(mode, "ext");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct MHD_OptionItem opt[] = {{MHD_OPTION_CONNECTION_LIMIT, 19000, NULL}, {MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096, NULL},
                                 {MHD_OPTION_CONNECTION_MEMORY_LIMIT, 8192, NULL},
                                 {!strcmp(mode, "pool") ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, k, NULL}, {MHD_OPTION_END, 0, NULL}};
  struct MHD_Daemon *d = MHD_start_daemon(MHD_ALLOW_SUSPEND_RESUME | (ext ? MHD_USE_EPOLL : MHD_USE_EPOLL_INTERNAL_THREAD), (uint16_t)port, NULL, NULL,
                                          handler, NULL, MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_SOCK_ADDR, &a, MHD_OPTION_ARRAY, opt, MHD_OPTION_END);
  if (!d) die("start");
  if (!ext) {
    pthread_t th;
    if (async_) pthread_create(&th, NULL, completer, NULL);
    for (;;) pause();
  }
  int ep = epoll_create1(0), again = 1;
  struct epoll_event e = {.events = EPOLLIN}, ev[4];
  epoll_ctl(ep, EPOLL_CTL_ADD, MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, &e);
  for (;;) {
    epoll_wait(ep, ev, 4, again ? 0 : -1);
    MHD_run(d);
    again = async_ ? complete() : 0;
    MHD_UNSIGNED_LONG_LONG t;
    if (MHD_get_timeout(d, &t) == MHD_YES && !t) again = 1;
  }
}

/* nullbroker.c - a "broker" that costs next to nothing, so that an MQTT client's own cost shows (MQTT 3.1.1 and 5).
 * One thread, epoll.  Answers CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ at once; counts and drops QoS 0 PUBLISH;
 * answers QoS 1 with PUBACK, QoS 2 with PUBREC / PUBCOMP (answers to one read go out in one write).
 * Blast: after a SUBSCRIBE it sends -B messages of -s bytes with QoS -q (capped by the granted QoS) to the subscriber as fast as
 * the socket takes them; for QoS 1/2 at most -w messages are unacknowledged (also capped by a v5 Receive Maximum).
 *   nullbroker [-p 1884] [-B count] [-s 64] [-q 0] [-w 65535] [-d delay-ms before the blast]
 * Prints one line per closed connection to stderr with -v.  */
#include "bench.h"

typedef struct {
  int fd, ver, want_out;
  unsigned char *in;
  size_t n, cap;
  unsigned char *out;
  size_t on, off, ocap;
  uint64_t p0, p1, p2, acks, sent, t0, t1;
  /* blast */
  int blast, bq, win;
  char topic[256];
  uint64_t todo, unacked;
  uint16_t pid;
  uint64_t start_at;
} cn;
static int ep, verbose, defq = 0, psize = 64;
static uint64_t bcount;
static int bwin = 65535, delay_ms;
static cn *pending; /* one blast may wait for its delay */

static void need(cn *c, size_t k) {
  if (c->off && c->off == c->on) c->off = c->on = 0;
  if (c->on + k <= c->ocap) return;
  if (c->off) memmove(c->out, c->out + c->off, c->on - c->off), c->on -= c->off, c->off = 0;
  if (c->on + k > c->ocap) c->out = realloc(c->out, c->ocap = (c->on + k) * 2);
}
static void put(cn *c, const void *p, size_t k) {
  need(c, k);
  memcpy(c->out + c->on, p, k);
  c->on += k;
}
static void drop(cn *c) {
  if (verbose)
    fprintf(stderr, "closed: pub0=%lu pub1=%lu pub2=%lu sent=%lu acks=%lu secs=%.3f\n", c->p0, c->p1, c->p2, c->sent, c->acks,
            c->t1 > c->t0 ? (double)(c->t1 - c->t0) / 1e9 : 0);
  if (pending == c) pending = NULL;
  close(c->fd);
  free(c->in), free(c->out), free(c);
}
static void fill(cn *c) { /* put PUBLISH packets while the buffer is small */
  unsigned char h[300];
  while (c->blast && c->todo && c->on - c->off < 256 * 1024 && (c->bq == 0 || c->unacked < (uint64_t)c->win)) {
    size_t tl = strlen(c->topic), rl = 2 + tl + (c->bq ? 2u : 0u) + (c->ver == 5 ? 1u : 0u) + (size_t)psize, k = 0;
    h[k++] = (unsigned char)(0x30 | c->bq << 1);
    k += (size_t)put_varlen(h + k, (uint32_t)rl);
    h[k++] = (unsigned char)(tl >> 8), h[k++] = (unsigned char)tl;
    memcpy(h + k, c->topic, tl), k += tl;
    if (c->bq) {
      if (++c->pid == 0) c->pid = 1;
      h[k++] = (unsigned char)(c->pid >> 8), h[k++] = (unsigned char)c->pid;
      c->unacked++;
    }
    if (c->ver == 5) h[k++] = 0;
    need(c, k + (size_t)psize);
    memcpy(c->out + c->on, h, k);
    memset(c->out + c->on + k, 'x', (size_t)psize);
    if (psize >= STAMP_LEN) stamp((char *)c->out + c->on + k, now_ns(), (uint32_t)c->sent);
    c->on += k + (size_t)psize;
    c->sent++, c->todo--;
  }
}
static void flush(cn *c) {
  for (;;) {
    fill(c);
    if (c->on == c->off) break;
    ssize_t r = send(c->fd, c->out + c->off, c->on - c->off, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (r < 0) break;
    c->off += (size_t)r;
  }
  int w = c->on > c->off;
  if (w != c->want_out) {
    struct epoll_event e = {.events = EPOLLIN | (w ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    c->want_out = w;
  }
}
static uint32_t varint(const unsigned char *p, const unsigned char *e, int *len) {
  uint32_t v = 0;
  for (int i = 0; i < 4; i++) {
    if (p + i >= e) { *len = 0; return 0; }
    v |= (uint32_t)(p[i] & 127) << (7 * i);
    if (!(p[i] & 128)) { *len = i + 1; return v; }
  }
  *len = -1;
  return 0;
}
static int packet(cn *c, unsigned char h, unsigned char *p, uint32_t n) {
  unsigned char r[8];
  switch (h >> 4) {
    case 1: {
      if (n < 10) return 0;
      c->ver = p[6];
      c->win = 65535;
      if (c->ver == 5) { /* look for Receive Maximum */
        int l;
        const unsigned char *q = p + 10, *e = p + n;
        uint32_t pl = varint(q, e, &l);
        q += l;
        for (const unsigned char *x = q; x < q + pl && x < e;) {
          if (*x == 0x21) c->win = x[1] << 8 | x[2], x += 3;
          else if (*x == 0x11 || *x == 0x27) x += 5;
          else if (*x == 0x22) x += 3;
          else if (*x == 0x19 || *x == 0x17) x += 2;
          else break;
        }
      }
      static const unsigned char a4[] = {0x20, 2, 0, 0}, a5[] = {0x20, 3, 0, 0, 0};
      put(c, c->ver == 5 ? a5 : a4, c->ver == 5 ? 5 : 4);
      break;
    }
    case 3: {
      int q = h >> 1 & 3;
      if (!c->t0) c->t0 = now_ns();
      if (q == 0) { c->p0++; break; }
      uint32_t tl = (uint32_t)(p[0] << 8 | p[1]);
      if (tl + 4 > n) return 0;
      r[0] = q == 1 ? 0x40 : 0x50, r[1] = 2, r[2] = p[2 + tl], r[3] = p[3 + tl];
      put(c, r, 4);
      if (q == 1) c->p1++;
      else c->p2++;
      break;
    }
    case 4: c->acks++; if (c->unacked) c->unacked--; break;
    case 5: /* PUBREC from a subscriber -> PUBREL */
      r[0] = 0x62, r[1] = 2, r[2] = p[0], r[3] = p[1];
      put(c, r, 4);
      break;
    case 6: r[0] = 0x70, r[1] = 2, r[2] = p[0], r[3] = p[1]; put(c, r, 4); break;
    case 7: c->acks++; if (c->unacked) c->unacked--; break;
    case 8: {
      unsigned char s[300] = {0x90, 0, p[0], p[1]};
      size_t k = 4;
      uint32_t o = 2;
      if (c->ver == 5) {
        int l;
        o += varint(p + 2, p + n, &l);
        o += (uint32_t)l;
        s[k++] = 0;
      }
      int first = 1;
      while (o + 3 <= n && k < 290) {
        uint32_t tl = (uint32_t)(p[o] << 8 | p[o + 1]);
        if (o + 2 + tl + 1 > n) return 0;
        int q = p[o + 2 + tl] & 3;
        if (first && tl < sizeof c->topic) {
          memcpy(c->topic, p + o + 2, tl), c->topic[tl] = 0;
          char *w = strpbrk(c->topic, "#+");
          if (w) *w = 'x', w[1] = 0;
          c->bq = q < defq ? q : defq;
          first = 0;
        }
        s[k++] = (unsigned char)q;
        o += 3 + tl;
      }
      s[1] = (unsigned char)(k - 2);
      put(c, s, k);
      if (bcount && !c->blast) {
        c->blast = delay_ms ? 0 : 1, c->todo = bcount;
        if (c->win > bwin) c->win = bwin;
        if (delay_ms) c->start_at = now_ns() + (uint64_t)delay_ms * 1000000, pending = c;
      }
      break;
    }
    case 10: r[0] = 0xb0, r[1] = c->ver == 5 ? 4 : 2, r[2] = p[0], r[3] = p[1], r[4] = 0, r[5] = 0; put(c, r, c->ver == 5 ? 6 : 4); break;
    case 12: r[0] = 0xd0, r[1] = 0; put(c, r, 2); break;
    case 14: return 0;
    default: return 0;
  }
  return 1;
}
static int readable(cn *c) {
  if (!c->in) c->in = malloc(c->cap = 1 << 18);
  if (c->n == c->cap) c->in = realloc(c->in, c->cap *= 2);
  ssize_t r = recv(c->fd, c->in + c->n, c->cap - c->n, MSG_DONTWAIT);
  if (r <= 0) return r < 0 && errno == EAGAIN;
  c->n += (size_t)r;
  unsigned char *p = c->in, *e = p + c->n;
  while (p < e) {
    int l;
    uint32_t rl = varint(p + 1, e, &l);
    if (l < 0) return 0;
    if (l == 0 || p + 1 + l + rl > e) break;
    if (!packet(c, *p, p + 1 + l, rl)) return 0;
    p += 1 + (size_t)l + rl;
  }
  c->t1 = now_ns();
  c->n = (size_t)(e - p);
  memmove(c->in, p, c->n);
  flush(c);
  return 1;
}
int main(int ac, char **av) {
  int port = 1884, o;
  while ((o = getopt(ac, av, "p:B:s:q:w:vd:")) != -1) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 'B': bcount = strtoull(optarg, NULL, 10); break;
      case 's': psize = atoi(optarg); break;
      case 'q': defq = atoi(optarg); break;
      case 'w': bwin = atoi(optarg); break;
      case 'd': delay_ms = atoi(optarg); break;
      case 'v': verbose = 1; break;
      default: return 2;
    }
  raise_nofile();
  signal(SIGPIPE, SIG_IGN);
  ep = epoll_create1(0);
  int ls = tcp_listen(port, 0);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, ev[64];
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  for (;;) {
    int n = epoll_wait(ep, ev, 64, pending ? 1 : -1);
    if (pending && now_ns() >= pending->start_at) {
      cn *c = pending;
      pending = NULL;
      c->blast = 1;
      flush(c);
    }
    for (int i = 0; i < n; i++) {
      cn *c = ev[i].data.ptr;
      if (!c) {
        int a = accept4(ls, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
        if (a < 0) continue;
        setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c = calloc(1, sizeof *c);
        c->fd = a;
        e = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(ep, EPOLL_CTL_ADD, a, &e);
        continue;
      }
      if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        if (!readable(c)) { drop(c); continue; }
      } else if (ev[i].events & EPOLLOUT) flush(c);
    }
  }
}

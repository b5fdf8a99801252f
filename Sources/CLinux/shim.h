// What Swift's Glibc overlay lacks: epoll, eventfd, thread names, two flags and questions to DNS.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// Declared here, because defining _GNU_SOURCE changes types that the overlay has imported.
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int clinux_set_thread_name(const char *name) {
  return pthread_setname_np(pthread_self(), name);
}

// `epoll_data` is a union and the event is packed: both are simpler to reach from C.
static inline int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events,
                                       uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

static inline uint64_t clinux_event_token(const struct epoll_event *event) {
  return event->data.u64;
}

static inline uint32_t clinux_event_mask(const struct epoll_event *event) { return event->events; }

static const uint32_t clinux_epoll_in = EPOLLIN;
static const uint32_t clinux_epoll_out = EPOLLOUT;
static const uint32_t clinux_epoll_peer_closed = EPOLLRDHUP;
static const uint32_t clinux_epoll_hangup = EPOLLHUP;
static const uint32_t clinux_epoll_error = EPOLLERR;

// Asks DNS for SRV records and returns the length of the answer, or an `h_errno` value times -1.
// A port other than zero names the server to ask, both in this machine's byte order.
static inline int clinux_query_services(const char *name, unsigned char *answer, int size,
                                        uint32_t server, uint16_t port) {
  struct __res_state state;
  memset(&state, 0, sizeof state);
  if (res_ninit(&state) != 0) return -NO_RECOVERY;
  if (port != 0) {
    state.nscount = 1;
    memset(&state.nsaddr_list[0], 0, sizeof state.nsaddr_list[0]);
    state.nsaddr_list[0].sin_family = AF_INET;
    state.nsaddr_list[0].sin_addr.s_addr = htonl(server);
    state.nsaddr_list[0].sin_port = htons(port);
  }
  int count = res_nquery(&state, name, ns_c_in, ns_t_srv, answer, size);
  int error = state.res_h_errno;
  res_nclose(&state);
  if (count >= 0) return count < size ? count : size;
  return error > 0 ? -error : -NO_RECOVERY;
}

// Present only in programs built with the thread sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static inline int clinux_has_thread_sanitizer(void) { return __tsan_acquire != 0; }

// Without the sanitizer a lock is null.
static inline void clinux_lock_acquired(void *lock) {
  if (lock) __tsan_acquire(lock);
}

static inline void clinux_lock_released(void *lock) {
  if (lock) __tsan_release(lock);
}

#endif

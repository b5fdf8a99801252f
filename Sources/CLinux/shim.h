// What Swift's Glibc overlay lacks: epoll, eventfd, thread names and two flags.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <pthread.h>
#include <stdint.h>
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

// Present only in programs built with the thread sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static inline void clinux_lock_acquired(void *lock) {
  if (__tsan_acquire) __tsan_acquire(lock);
}

static inline void clinux_lock_released(void *lock) {
  if (__tsan_release) __tsan_release(lock);
}

#endif

// What Swift's Glibc overlay lacks: epoll, eventfd, thread names and turns, the program's segments, two
// flags and questions to DNS.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <arpa/nameser.h>
#include <elf.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

// Declared here, because defining _GNU_SOURCE changes types that the overlay has imported.
extern int pthread_setname_np(pthread_t thread, const char *name);
extern long syscall(long number, ...);

static inline int clinux_set_thread_name(const char *name) {
  return pthread_setname_np(pthread_self(), name);
}

// Linux 6.12 and later take the length of a thread's turns from this; the others ignore it. The C
// library has no function for it, nor the structure.
static inline int clinux_set_turn_length(uint64_t nanoseconds) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes;
  memset(&attributes, 0, sizeof attributes);
  if (syscall(SYS_sched_getattr, 0, &attributes, (unsigned)sizeof attributes, 0u) != 0) return -1;
  if (attributes.policy != 0) return -1;  // Somebody has chosen another policy: leave it alone.
  attributes.runtime = nanoseconds;
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0u);
}

#undef p_type  // <resolv.h> renames one of its functions, and with it a member of segments.

#if __SIZEOF_POINTER__ == 8
typedef Elf64_Phdr clinux_segment;
#else
typedef Elf32_Phdr clinux_segment;
#endif

// What the dynamic linker tells of a program or library. Declared here for the same reason as above, and the
// functions because their headers have types of the overlay.
struct clinux_loaded_object {
  uintptr_t base;
  const char *name;
  const clinux_segment *segments;
  uint16_t segment_count;
};
extern int dl_iterate_phdr(int (*visit)(struct clinux_loaded_object *, size_t, void *), void *context);
extern int madvise(void *address, size_t size, int advice);
extern int malloc_trim(size_t padding);

// Only segments that are never written, not even by the linker: their pages are as in the file.
static inline int clinux_let_go_of_segments(struct clinux_loaded_object *object, size_t size,
                                            void *context) {
  const int dont_need = 4;
  uintptr_t page = *(const uintptr_t *)context;
  if (strncmp(object->name, "linux-", 6) == 0) return 0;  // The system's own, without a file.
  for (int index = 0; index < object->segment_count; index++) {
    const clinux_segment *segment = &object->segments[index];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
    uintptr_t begin = (object->base + segment->p_vaddr) & ~(page - 1);
    uintptr_t end = (object->base + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
    madvise((void *)begin, end - begin, dont_need);
  }
  return 0;
}

static inline void clinux_let_go_of_program_pages(uintptr_t page) {
  dl_iterate_phdr(clinux_let_go_of_segments, &page);
  malloc_trim(0);
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

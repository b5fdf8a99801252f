/* ssebench.h - what the receiver (ssebench.c) and the publisher (ssepublish.c) of ssebench share. */
#ifndef SSEBENCH_H
#define SSEBENCH_H
#include "bench.h"

extern int N, K, W, body, depth, perconn, evw;
extern double rate;
extern const char *pubspec, *btpl;
extern _Atomic uint64_t received, published;
extern _Atomic int waiting, stop_pub;
extern _Atomic uint64_t stalls, late_max, pub_err, lost_adj; /* lost_adj: messages written off after a stall */

static inline uint64_t fan(void) { return (uint64_t)(N / K); }

/* expands {topic}, {msg} and \n */
size_t expand(char *o, size_t cap, const char *t, int topic, const char *msg, size_t ml);

void pub_open(void);
void *publisher(void *u);
#endif

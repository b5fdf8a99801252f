/* durable.c - limits of "durable before 202" on this disk.
 *   durable fsync  -f file [-d secs] [-s bytes] [-P preallocate MiB]   pwrite + fdatasync, one after another: syncs/s, latency
 *   durable sqlite -f file [-d secs] [-b batch] [-y full|normal|off] [-m ins|insdel|comb]
 *       ins: insert only (the table is emptied outside the clock); insdel: commit of inserts, then commit of deletes of the same rows;
 *       comb: each commit inserts a batch and deletes the batch before it
 * One line of key=value. */
#include "bench.h"
#include <sqlite3.h>
#include <sys/stat.h>

static void sql(sqlite3 *d, const char *s) {
  char *e = NULL;
  if (sqlite3_exec(d, s, NULL, NULL, &e)) die("%s: %s", s, e);
}
int main(int ac, char **av) {
  if (ac < 2) return 2;
  const char *mode = av[1], *file = "./durable.db", *sync = "full", *how = "insdel";
  double dur = 5;
  int batch = 1, size = 128, pre = 0, o;
  optind = 2;
  while ((o = getopt(ac, av, "f:d:b:y:m:s:P:")) != -1) switch (o) {
      case 'f': file = optarg; break;
      case 'd': dur = atof(optarg); break;
      case 'b': batch = atoi(optarg); break;
      case 'y': sync = optarg; break;
      case 'm': how = optarg; break;
      case 's': size = atoi(optarg); break;
      case 'P': pre = atoi(optarg); break;
      default: return 2;
    }
  static hist H;
  double c0 = self_cpu_s();
  if (!strcmp(mode, "fsync")) {
    unlink(file);
    int fd = open(file, O_RDWR | O_CREAT, 0600);
    char *b = malloc((size_t)size);
    memset(b, 'x', (size_t)size);
    if (pre) {
      char *z = calloc(1, 1 << 20);
      for (int i = 0; i < pre; i++) if (pwrite(fd, z, 1 << 20, (off_t)i << 20) < 0) die("pwrite");
      fsync(fd);
    }
    off_t at = 0;
    uint64_t n = 0, t0 = now_ns(), end = t0 + (uint64_t)(dur * 1e9), a = t0, b2;
    do {
      if (pwrite(fd, b, (size_t)size, at) != size) die("pwrite");
      if (fdatasync(fd)) die("fdatasync");
      b2 = now_ns();
      hist_add(&H, b2 - a);
      a = b2;
      n++;
      at += size;
      if (pre && at + size > (off_t)pre << 20) at = 0;
    } while (a < end);
    double s = (double)(a - t0) / 1e9;
    printf("mode=fsync bytes=%d prealloc=%d n=%lu syncs_s=%.0f p50us=%.0f p99us=%.0f maxus=%.0f cpu=%.0f%%\n", size, pre, (unsigned long)n,
           (double)n / s, (double)hist_q(&H, .5) / 1e3, (double)hist_q(&H, .99) / 1e3, (double)H.max / 1e3, 100 * (self_cpu_s() - c0) / s);
    unlink(file);
    return 0;
  }
  char f2[600];
  unlink(file);
  snprintf(f2, sizeof f2, "%s-wal", file), unlink(f2);
  snprintf(f2, sizeof f2, "%s-shm", file), unlink(f2);
  sqlite3 *d;
  if (sqlite3_open(file, &d)) die("open");
  sql(d, "PRAGMA journal_mode=WAL");
  snprintf(f2, sizeof f2, "PRAGMA synchronous=%s", sync);
  sql(d, f2);
  sql(d, "CREATE TABLE outbox(id INTEGER PRIMARY KEY, topic TEXT NOT NULL, qos INTEGER NOT NULL, payload BLOB NOT NULL)");
  sqlite3_stmt *in, *de, *be, *co;
  sqlite3_prepare_v2(d, "INSERT INTO outbox(topic,qos,payload) VALUES(?1,1,?2)", -1, &in, NULL);
  sqlite3_prepare_v2(d, "DELETE FROM outbox WHERE id=?1", -1, &de, NULL);
  sqlite3_prepare_v2(d, "BEGIN IMMEDIATE", -1, &be, NULL);
  sqlite3_prepare_v2(d, "COMMIT", -1, &co, NULL);
  char *pl = malloc((size_t)size);
  memset(pl, 'x', (size_t)size);
#define STEP(x) do { if (sqlite3_step(x) != SQLITE_DONE) die("step: %s", sqlite3_errmsg(d)); sqlite3_reset(x); } while (0)
  int comb = !strcmp(how, "comb"), del = !strcmp(how, "insdel");
  uint64_t rows = 0, commits = 0, t0 = now_ns(), end = t0 + (uint64_t)(dur * 1e9), a = t0, b;
  sqlite3_int64 first = 1, prev = 0;
  int prevn = 0;
  do {
    a = now_ns();
    STEP(be);
    for (int i = 0; i < batch; i++) {
      sqlite3_bind_text(in, 1, "factory/line1/sensor42/temperature", -1, SQLITE_STATIC);
      sqlite3_bind_blob(in, 2, pl, size, SQLITE_STATIC);
      STEP(in);
      if (i == 0) first = sqlite3_last_insert_rowid(d);
    }
    if (comb) for (int i = 0; i < prevn; i++) { sqlite3_bind_int64(de, 1, prev + i); STEP(de); }
    STEP(co);
    commits++;
    b = now_ns();
    hist_add(&H, b - a);
    if (del) {
      STEP(be);
      for (int i = 0; i < batch; i++) { sqlite3_bind_int64(de, 1, first + i); STEP(de); }
      STEP(co);
      commits++;
    }
    prev = first, prevn = batch;
    rows += (uint64_t)batch;
  } while (now_ns() < end);
  double s = (double)(now_ns() - t0) / 1e9;
  struct stat sb = {0};
  snprintf(f2, sizeof f2, "%s-wal", file), stat(f2, &sb);
  printf("mode=sqlite sync=%s how=%s batch=%d rows_s=%.0f commits_s=%.0f ins_commit_p50us=%.0f p99us=%.0f maxus=%.0f cpu=%.0f%% cpu_us_row=%.1f wal_kb=%ld\n", sync, how,
         batch, (double)rows / s, (double)commits / s, (double)hist_q(&H, .5) / 1e3, (double)hist_q(&H, .99) / 1e3, (double)H.max / 1e3,
         100 * (self_cpu_s() - c0) / s, (self_cpu_s() - c0) * 1e6 / (double)rows, (long)sb.st_size / 1024);
  sqlite3_finalize(in), sqlite3_finalize(de), sqlite3_finalize(be), sqlite3_finalize(co);
  sqlite3_close(d);
  unlink(file);
  return 0;
}

import { declarations, exporting, subnormals } from "./entry.ts";

/**
 * The thread pool all printed programs of a process share, as an addon of its own: `start(threads)` gives the address of `parallel`, which
 * programs are handed as a number. It is written so that a late or sleeping thread never keeps anyone waiting: the caller takes whatever
 * chunks nobody has claimed.
 */
export function printRuntime(): string {
  return `/* Gradsmith's thread pool. */

${declarations}

${threads}

${subnormals}

${pool}

${exporting}

${entry}
`;
}

/** Larger than any system's own types, which need a header each. */
const threads = `typedef struct { _Alignas(16) char bytes[256]; } Opaque;
extern int pthread_create(Opaque *, const void *, void *(*)(void *), void *);
extern int pthread_detach(void *);
extern int pthread_mutex_init(Opaque *, const void *);
extern int pthread_mutex_lock(Opaque *);
extern int pthread_mutex_unlock(Opaque *);
extern int pthread_cond_init(Opaque *, const void *);
extern int pthread_cond_wait(Opaque *, Opaque *);
extern int pthread_cond_broadcast(Opaque *);
extern int sched_yield(void);

#define MOST_THREADS 256

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  /* Takes about as long as x86's pause, where "yield" takes a cycle: a thousand of those are over before the next kernel comes. */
  __asm__ volatile("isb");
#endif
}`;

const pool = `typedef void Body(void *const *buffers, long begin, long end);

/* How often an idle thread looks for work before it sleeps: some 30 microseconds. */
#define LOOKS 1000

static Opaque lock;
static Opaque wake;
static int workers;
static int sleeping;
static int busy;

/*
 * One job at a time: generation << 32 | threads. The fields below belong to whoever has claimed a chunk of it. Each thread has a share of the
 * chunks, always the same part of the range, so that in step after step it finds the same weights in its own cache (784-512-512-10, one
 * sample: 22 us against 29); whoever is done with its own takes from the end of others' shares.
 */
static unsigned long long job;
static Body *job_body;
static void *const *job_buffers;
static long job_extent;
static long job_chunks;
static long finished;

/* What is unclaimed of a thread's share: generation << 32 | end << 16 | begin. */
typedef struct { _Alignas(64) unsigned long long chunks; } Share;
static Share shares[MOST_THREADS];

static unsigned long long current(void) {
  return __atomic_load_n(&job, __ATOMIC_SEQ_CST);
}

/* Takes a chunk of a share, its owner the first and others the last: its number, or -1 when none is left. */
static long claim(int owner, int is_own) {
  unsigned long long now = __atomic_load_n(&shares[owner].chunks, __ATOMIC_SEQ_CST);
  for (;;) {
    const long begin = (long)(now & 0xffff);
    const long end = (long)(now >> 16 & 0xffff);
    if (begin >= end) return -1;
    const unsigned long long left = is_own ? now + 1 : now - 0x10000;
    if (__atomic_compare_exchange_n(&shares[owner].chunks, &now, left, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return is_own ? begin : end - 1;
  }
}

static void take_part(int me, int threads) {
  for (int ahead = 0; ahead < threads; ahead++) {
    const int owner = (me + ahead) % threads;
    for (long chunk; (chunk = claim(owner, ahead == 0)) >= 0;) {
      job_body(job_buffers, job_extent * chunk / job_chunks, job_extent * (chunk + 1) / job_chunks);
      __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
    }
  }
}

/* Whether there is a job that worker number \`me\` (the caller is 0) hasn't seen and may take part in. */
static int is_new(unsigned long long now, unsigned long long seen, int me) {
  return now != seen && me < (int)(now & 0xffff);
}

static void *work(void *number) {
  const int me = (int)(size_t)number;
  unsigned long long seen = 0;
  flush_subnormals();
  for (;;) {
    int looks = 0;
    while (looks < LOOKS && !is_new(current(), seen, me)) {
      relax();
      looks++;
    }
    if (looks == LOOKS) {
      pthread_mutex_lock(&lock);
      __atomic_fetch_add(&sleeping, 1, __ATOMIC_SEQ_CST);
      while (!is_new(current(), seen, me)) pthread_cond_wait(&wake, &lock);
      __atomic_fetch_sub(&sleeping, 1, __ATOMIC_SEQ_CST);
      pthread_mutex_unlock(&lock);
    }
    seen = current();
    take_part(me, (int)(seen & 0xffff));
  }
  return 0;
}

/* Runs the body over 0 .. extent - 1 on several threads, in so many chunks for each. Whoever comes while the pool is busy works alone. */
static void parallel(Body *body, void *const *buffers, long extent, int threads, int each) {
  const int there = __atomic_load_n(&workers, __ATOMIC_SEQ_CST) + 1;
  if (threads > there) threads = there;
  if (threads < 2 || extent < 2 || __atomic_exchange_n(&busy, 1, __ATOMIC_SEQ_CST)) {
    body(buffers, 0, extent);
    return;
  }
  const long most = (long)each * threads;
  const long chunks = extent < most ? extent : most;
  job_body = body;
  job_buffers = buffers;
  job_extent = extent;
  job_chunks = chunks;
  __atomic_store_n(&finished, 0, __ATOMIC_SEQ_CST);
  const unsigned long long generation = (current() >> 32) + 1;
  for (int k = 0; k < threads; k++) {
    const unsigned long long begin = (unsigned long long)(chunks * k / threads);
    const unsigned long long end = (unsigned long long)(chunks * (k + 1) / threads);
    __atomic_store_n(&shares[k].chunks, generation << 32 | end << 16 | begin, __ATOMIC_SEQ_CST);
  }
  __atomic_store_n(&job, generation << 32 | (unsigned long long)threads, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&sleeping, __ATOMIC_SEQ_CST) > 0) {
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
  }
  take_part(0, threads);
  for (long looks = 0; __atomic_load_n(&finished, __ATOMIC_SEQ_CST) < chunks; looks++) {
    if (looks % LOOKS == LOOKS - 1) sched_yield();
    relax();
  }
  __atomic_store_n(&busy, 0, __ATOMIC_SEQ_CST);
}

/* Makes sure that so many threads, the caller included, can take part. */
static void grow(int threads) {
  static int ready;
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  while (__atomic_exchange_n(&busy, 1, __ATOMIC_SEQ_CST)) relax();
  if (!ready) {
    ready = 1;
    pthread_mutex_init(&lock, 0);
    pthread_cond_init(&wake, 0);
  }
  while (workers + 1 < threads) {
    Opaque thread;
    if (pthread_create(&thread, 0, work, (void *)(size_t)(workers + 1)) != 0) break;
    pthread_detach(*(void **)&thread);
    __atomic_fetch_add(&workers, 1, __ATOMIC_SEQ_CST);
  }
  __atomic_store_n(&busy, 0, __ATOMIC_SEQ_CST);
}`;

const entry = `static Value start(Env env, Info info) {
  Value values[1] = {0};
  Value result = 0;
  size_t count = 1;
  int threads = 1;
  napi_get_cb_info(env, info, &count, values, 0, 0);
  napi_get_value_int32(env, values[0], &threads);
  grow(threads);
  napi_create_double(env, (double)(size_t)parallel, &result);
  return result;
}

__attribute__((visibility("default"))) Value napi_register_module_v1(Env env, Value exports) {
  export(env, exports, "start", start);
  return exports;
}`;

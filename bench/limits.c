// What this machine can do at most, as a line of JSON for each figure: f32 multiply-adds and memory bandwidth, with 1 to N threads (argument 1).
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float vector __attribute__((vector_size(4 * LANES)));
#define CHAINS 12 // at least latency times units: 4 x 2 on today's cores

enum kind { MULTIPLY_ADD, READ, UPDATE };
struct job {
  enum kind kind;
  vector *data;
  long vectors, times;
  float factor, result;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static vector splat(float x) { return x - (vector){}; }

static vector multiply_add(long times, float factor) {
  vector sum[CHAINS], a = splat(factor), b = splat(1 - factor);
  for (int c = 0; c < CHAINS; c++) sum[c] = splat(c);
  for (long i = 0; i < times; i++)
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) sum[c] = sum[c] * a + b;
  for (int c = 1; c < CHAINS; c++) sum[0] += sum[c];
  return sum[0];
}

static vector read_all(const vector *data, long vectors, long times) {
  vector sum[8] = {};
  for (long t = 0; t < times; t++)
    for (long i = 0; i < vectors; i += 8)
#pragma GCC unroll 8
      for (int c = 0; c < 8; c++) sum[c] += data[i + c];
  for (int c = 1; c < 8; c++) sum[0] += sum[c];
  return sum[0];
}

static vector update_all(vector *data, long vectors, long times, float factor) {
  vector a = splat(factor);
  for (long t = 0; t < times; t++)
    for (long i = 0; i < vectors; i += 8)
#pragma GCC unroll 8
      for (int c = 0; c < 8; c++) data[i + c] *= a;
  return data[0];
}

static void *work(void *given) {
  struct job *job = given;
  vector sum;
  if (job->kind == MULTIPLY_ADD) sum = multiply_add(job->times, job->factor);
  else if (job->kind == READ) sum = read_all(job->data, job->vectors, job->times);
  else sum = update_all(job->data, job->vectors, job->times, job->factor);
  job->result = sum[0];
  return NULL;
}

static float kept;

// Seconds for all threads to do their parts. Threads are started anew: what is measured has to be much longer than that.
static double measure(struct job *jobs, int threads) {
  pthread_t others[64];
  double start = now();
  for (int i = 1; i < threads; i++) pthread_create(&others[i], NULL, work, &jobs[i]);
  work(&jobs[0]);
  for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
  double elapsed = now() - start;
  for (int i = 0; i < threads; i++) kept += jobs[i].result;
  return elapsed;
}

// The best of several goes, each of about 10 ms.
static double best(struct job *jobs, int threads) {
  double seconds = 0;
  for (int i = 0; i < threads; i++) jobs[i].times = 1;
  while ((seconds = measure(jobs, threads)) < 0.01)
    for (int i = 0; i < threads; i++) jobs[i].times *= 2;
  for (int go = 0; go < 9; go++) {
    double again = measure(jobs, threads);
    if (again < seconds) seconds = again;
  }
  return seconds / jobs[0].times;
}

int main(int count, char **arguments) {
  int most = count > 1 ? atoi(arguments[1]) : 1;
  if (most > 64) most = 64;
  volatile float factor = 0.999999f;
  const long sizes[] = {1L << 14, 1L << 17, 1L << 20, 1L << 22, 1L << 24, 1L << 28}, largest = sizes[5];
  vector *memory = aligned_alloc(64, largest);
  if (memory == NULL) return 1;
  memset(memory, 0, largest);
  for (int threads = 1; threads <= most; threads += most > 1 ? most - 1 : 1) {
    struct job jobs[64];
    for (int i = 0; i < threads; i++) jobs[i] = (struct job){.kind = MULTIPLY_ADD, .factor = factor};
    printf("{\"threads\": %d, \"kind\": \"multiply-add\", \"lanes\": %d, \"perSecond\": %.4g}\n", threads, LANES,
           2.0 * LANES * CHAINS * threads / best(jobs, threads));
    for (enum kind kind = READ; kind <= UPDATE; kind++) {
      for (int i = 0; i < 6; i++) {
        long bytes = sizes[i];
        long vectors = bytes / sizeof(vector) / threads / 8 * 8;
        for (int t = 0; t < threads; t++) jobs[t] = (struct job){.kind = kind, .data = memory + t * vectors, .vectors = vectors, .factor = factor};
        // An update reads and writes each byte.
        printf("{\"threads\": %d, \"kind\": \"%s\", \"bytes\": %ld, \"perSecond\": %.4g}\n", threads, kind == READ ? "read" : "update", bytes,
               (kind == READ ? 1.0 : 2.0) * bytes / best(jobs, threads));
      }
    }
  }
  return kept != kept;
}

/** The Node-API functions an addon needs, declared by hand so that no header has to be installed. */
const declarations = `#include <stddef.h>

typedef struct env *Env;
typedef struct value *Value;
typedef struct info *Info;
extern int napi_create_function(Env, const char *, size_t, Value (*)(Env, Info), void *, Value *);
extern int napi_set_named_property(Env, Value, const char *, Value);
extern int napi_get_cb_info(Env, Info, size_t *, Value *, Value *, void **);
extern int napi_get_typedarray_info(Env, Value, int *, size_t *, void **, Value *, size_t *);
extern int napi_get_value_int32(Env, Value, int *);
extern int napi_create_double(Env, double, Value *);`;

/** Numbers below 1.2e-38 count as zero in the code between: they cost up to a hundred times as much and mean nothing here. */
const subnormals = `#if defined(__SSE2__)
static unsigned long flush_subnormals(void) {
  unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 0x8040);
  return mode;
}
static void restore_subnormals(unsigned long mode) {
  __builtin_ia32_ldmxcsr((unsigned)mode);
}
#elif defined(__aarch64__)
static unsigned long flush_subnormals(void) {
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
  return mode;
}
static void restore_subnormals(unsigned long mode) {
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}
#else
static unsigned long flush_subnormals(void) {
  return 0;
}
static void restore_subnormals(unsigned long mode) {
  (void)mode;
}
#endif`;

/** `export` puts a function on the addon's object. */
const exporting = `static void export(Env env, Value exports, const char *name, Value (*function)(Env, Info)) {
  Value value;
  if (napi_create_function(env, name, (size_t)-1, function, 0, &value) == 0) napi_set_named_property(env, exports, name, value);
}`;

export { declarations, exporting, subnormals };

/**
 * How JavaScript calls a program: `address(bytes)` finds where a typed array lies, `run(addresses, repeat)` takes the pool's function (or 0),
 * how many threads to use, the arena and the arguments, all as numbers, and runs `step` so many times.
 */
export const nodeEntry = `${declarations}

${subnormals}

static void serial(Body *body, void *const *buffers, long extent, int threads, int each) {
  (void)threads;
  (void)each;
  body(buffers, 0, extent);
}

static Value run(Env env, Info info) {
  Value values[2] = {0, 0};
  size_t count = 2;
  size_t length = 0;
  void *data = 0;
  int repeat = 0;
  napi_get_cb_info(env, info, &count, values, 0, 0);
  if (napi_get_typedarray_info(env, values[0], 0, &length, &data, 0, 0) != 0 || length < 3) return 0;
  napi_get_value_int32(env, values[1], &repeat);
  const double *addresses = data;
  void *arguments[length];
  for (size_t k = 3; k < length; k++) arguments[k - 3] = (void *)(size_t)addresses[k];
  Parallel *parallel = addresses[0] == 0 ? serial : (Parallel *)(size_t)addresses[0];
  const unsigned long mode = flush_subnormals();
  for (int k = 0; k < repeat; k++) step(arguments, (char *)(size_t)addresses[2], parallel, (int)addresses[1]);
  restore_subnormals(mode);
  return 0;
}

static Value address(Env env, Info info) {
  Value values[1] = {0};
  Value result = 0;
  size_t count = 1;
  void *data = 0;
  napi_get_cb_info(env, info, &count, values, 0, 0);
  napi_get_typedarray_info(env, values[0], 0, 0, &data, 0, 0);
  napi_create_double(env, (double)(size_t)data, &result);
  return result;
}

/* Linux backs large memory that nobody has touched yet with large pages where it's asked to: a walk through 100 MB misses fewer addresses. */
static Value fresh(Env env, Info info) {
#if defined(__linux__)
  extern int madvise(void *, size_t, int);
  const size_t page = 1 << 21;
  const int huge = 14;
  Value values[1] = {0};
  size_t count = 1;
  size_t length = 0;
  void *data = 0;
  napi_get_cb_info(env, info, &count, values, 0, 0);
  napi_get_typedarray_info(env, values[0], 0, &length, &data, 0, 0);
  const size_t begin = ((size_t)data + page - 1) / page * page;
  const size_t end = ((size_t)data + length) / page * page;
  if (begin < end) madvise((void *)begin, end - begin, huge);
#endif
  return 0;
}

${exporting}

__attribute__((visibility("default"))) Value napi_register_module_v1(Env env, Value exports) {
  export(env, exports, "run", run);
  export(env, exports, "address", address);
  export(env, exports, "fresh", fresh);
  return exports;
}`;

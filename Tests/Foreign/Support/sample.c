// A library as one finds them: it knows nothing of the platform. The tests compile it and describe it in manifests.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ECHO(name, type) \
    type echo_##name(type value) { return value; } \
    void twice_##name(const type *value, type *first, type *second) { *first = *second = *value; }
ECHO(int8, int8_t) ECHO(uint8, uint8_t) ECHO(int16, int16_t) ECHO(uint16, uint16_t) ECHO(int32, int32_t) ECHO(uint32, uint32_t)
ECHO(int64, int64_t) ECHO(uint64, uint64_t) ECHO(int, int) ECHO(uint, unsigned) ECHO(long, long) ECHO(ulong, unsigned long)
ECHO(size_t, size_t) ECHO(float, float) ECHO(double, double) ECHO(bool, bool)

double sum(const double *values, int count) {
    double total = 0;
    for (int i = 0; i < count; i++) total += values[i];
    return total;
}
double weighted(const double *values, const double *weights, int count) {
    double total = 0;
    for (int i = 0; i < count; i++) total += values[i] * weights[i];
    return total;
}
void scale(float *values, size_t count, double factor) {
    for (size_t i = 0; i < count; i++) values[i] *= (float)factor;
}
void ramp(int count, int32_t *out) {
    for (int i = 0; i < count; i++) out[i] = i * i;
}
// Multiplies a matrix by a vector; `stride` elements lie between two rows, `step` between two columns.
static void multiply(const double *matrix, const double *vector, int rows, int columns, int stride, int step, double *out) {
    for (int r = 0; r < rows; r++) {
        out[r] = 0;
        for (int c = 0; c < columns; c++) out[r] += matrix[r * stride + c * step] * vector[c];
    }
}
void multiply_rows(const double *m, const double *v, int rows, int columns, double *out) { multiply(m, v, rows, columns, columns, 1, out); }
void multiply_columns(const double *m, const double *v, int rows, int columns, double *out) { multiply(m, v, rows, columns, 1, rows, out); }
void transpose(double *matrix, int n) {
    for (int r = 0; r < n; r++)
        for (int c = 0; c < r; c++) {
            double kept = matrix[r * n + c];
            matrix[r * n + c] = matrix[c * n + r];
            matrix[c * n + r] = kept;
        }
}

int divide(int a, int b, int *quotient, int *remainder) {
    if (b == 0) return 7;
    *quotient = a / b;
    *remainder = a % b;
    return 0;
}
const char *error_text(int code) { return code == 7 ? "division by zero" : "no error"; }
int open_missing(const char *path) { return open(path, O_RDONLY); }

typedef struct { int16_t tag; double x, y; char name[8]; float weights[3]; } point;
point shift(point p, double dx) {
    p.x += dx;
    p.tag++;
    return p;
}
void mirror(const point *in, point *out) {
    *out = *in;
    out->x = -in->x;
}

int greet(const char *name, char *out, size_t capacity) { return snprintf(out, capacity, "hello %s", name); }
const char *constant_text(void) { return "caf\xe9"; }
size_t length(const char *text) { return strlen(text); }

typedef struct { int value; } counter;
counter *counter_new(int start) {
    if (start < 0) return NULL;
    counter *made = malloc(sizeof *made);
    made->value = start;
    return made;
}
int counter_open(int start, counter **out) { return (*out = counter_new(start)) ? 0 : -1; }
int counter_next(counter *c) { return c->value++; }
void counter_free(counter *c) { free(c); }
int freed;
void counter_close(counter *c) { freed++; free(c); }
static counter shared = {100};
counter *shared_counter = &shared;

double integrate(double (*f)(double), double from, double to) {
    double total = 0, step = (to - from) / 200;
    for (int i = 0; i < 200; i++) total += f(from + (i + 0.5) * step) * step;
    return total;
}
typedef struct { double (*function)(double, void *); void *parameters; } closure;
double apply(const closure *c, double x) { return c->function(x, c->parameters); }
double apply_value(closure c, double x) { return c.function(x, c.parameters); }
void sort(double *values, size_t count, int (*compare)(const double *, const double *)) {
    qsort(values, count, sizeof *values, (int (*)(const void *, const void *))compare);
}
int count_if(const int8_t *values, int count, bool (*test)(int8_t)) {
    int found = 0;
    for (int i = 0; i < count; i++) found += test(values[i]);
    return found;
}
uint8_t small(uint8_t (*f)(uint8_t), uint8_t x) { return f(x); }
void talk(void (*log)(const char *, int), int times) {
    for (int i = 0; i < times; i++) log("working", i);
}

double root(double x) { return sqrt(x); }
void overrun(double *out) {
    for (int i = 0; i < 4; i++) out[i] = i;
}
double crash_below_zero(double x) {
    if (x < 0) *(volatile int *)8 = 1;
    return 2 * x;
}

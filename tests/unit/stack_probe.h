/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_STACK_PROBE_H
#define SVCT_TESTS_STACK_PROBE_H

/*
 * What does a function leave behind on its stack? It is run in a thread whose
 * stack is memory of ours; afterwards that memory is searched. It is read by
 * the kernel, from /proc/self/mem: neither AddressSanitizer nor valgrind
 * holds the dead stack of a thread for something that may be read.
 *
 * To be included behind <cmocka.h>.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_PROBE_SIZE (512 * 1024)

struct stack_probe {
    void (*function)(void *);
    void *arg;
};

/* The compiler may not leave this memory out, or take it apart. */
static inline void stack_probe_keep(void *memory)
{
    __asm__ volatile("" : : "r"(memory) : "memory");
}

/* Goes far down before the call: the end of a thread uses the stack as well,
 * and would overwrite what is to be found. */
static void *stack_probe_thread(void *arg)
{
    const struct stack_probe *probe = arg;
    char depth[STACK_PROBE_SIZE / 4];

    stack_probe_keep(depth);
    probe->function(probe->arg);
    stack_probe_keep(depth);
    return NULL;
}

/* A copy of the stack that function(arg) left; the caller's to free. */
static char *stack_probe_run(void (*function)(void *), void *arg)
{
    void *stack = mmap(NULL, STACK_PROBE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    char *copy = malloc(STACK_PROBE_SIZE);
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    struct stack_probe probe = {function, arg};
    pthread_attr_t attr;
    pthread_t thread;

    assert_true(stack != MAP_FAILED && copy != NULL && fd >= 0);
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstack(&attr, stack, STACK_PROBE_SIZE), 0);
    assert_int_equal(pthread_create(&thread, &attr, stack_probe_thread, &probe),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pread(fd, copy, STACK_PROBE_SIZE, (off_t)(uintptr_t)stack),
                     STACK_PROBE_SIZE);
    pthread_attr_destroy(&attr);
    close(fd);
    munmap(stack, STACK_PROBE_SIZE);
    return copy;
}

/* Is any piece of text of that many bytes in a copy? */
static bool stack_probe_holds(const char *copy, const char *text, size_t len,
                              size_t piece)
{
    for (size_t i = 0; i + piece <= len; i++) {
        if (memmem(copy, STACK_PROBE_SIZE, text + i, piece) != NULL)
            return true;
    }
    return false;
}

#endif

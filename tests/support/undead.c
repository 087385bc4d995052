/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * usage: undead FILE
 *
 * Leaves the process tree, writes its process id to FILE, and ends its first
 * thread: /proc shows it as dead from then on, while another thread runs on,
 * deaf to SIGTERM and SIGHUP.
 */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *go_on(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t other;
    FILE *file;

    if (argc != 2)
        return 2;
    if (fork() != 0)
        return 0;
    setsid();
    if (fork() != 0)
        return 0;
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    file = fopen(argv[1], "w");
    if (file == NULL || pthread_create(&other, NULL, go_on, NULL) != 0)
        return 1;
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
    syscall(SYS_exit, 0); /* this thread alone */
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * holdlock FILE: holds the writers' lock of a database as another svctoken
 * would, by an open file description lock on FILE. Prints "held" when it has
 * it, and gives it up at the end of its standard input.
 */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int fail(const char *what)
{
    perror(what);
    return 3;
}

int main(int argc, char **argv)
{
    static const char who[] = "somebody (pid 1): account edit\n";
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char byte;
    int fd;

    if (argc != 2) {
        fprintf(stderr, "usage: holdlock FILE\n");
        return 2;
    }
    fd = open(argv[1], O_RDWR | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_OFD_SETLKW, &lock) < 0)
        return fail(argv[1]);
    if (ftruncate(fd, 0) < 0 ||
        pwrite(fd, who, sizeof(who) - 1, 0) != (ssize_t)sizeof(who) - 1)
        return fail(argv[1]);
    puts("held");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}

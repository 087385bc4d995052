/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * holdlock FILE: holds the writers' lock of a database, as another svctoken
 * would: an open file description lock on FILE. Says "held" when it has it,
 * and gives it up at the end of its standard input.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    static const char who[] = "somebody (pid 1): account edit\n";
    char byte;
    int fd;

    if (argc != 2) {
        fprintf(stderr, "usage: holdlock FILE\n");
        return 2;
    }
    fd = open(argv[1], O_RDWR | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_OFD_SETLKW, &lock) < 0) {
        perror(argv[1]);
        return 3;
    }
    if (ftruncate(fd, 0) < 0 ||
        pwrite(fd, who, sizeof(who) - 1, 0) != sizeof(who) - 1) {
        perror(argv[1]);
        return 3;
    }
    puts("held");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

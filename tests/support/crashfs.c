/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "crashfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calltrace.h"

#define NAME 64
#define ENTRIES_MAX 64
#define MOVES_MAX 8 /* entries that one call changes */
#define ABSENT SIZE_MAX

/* What an inode is from a step on. */
struct version {
    size_t step;
    mode_t mode;
    size_t size;
    uint8_t *bytes; /* of a file; the target of a link */
};

struct inode {
    ino_t number;
    struct version *version; /* the first one is durable */
    size_t versions;
};

struct entry {
    size_t folder; /* an index of an inode, as the next */
    size_t inode;
    char name[NAME];
};

struct tree {
    struct entry entry[ENTRIES_MAX];
    size_t count;
};

/* A step: entries that change, or a sync, or versions of that step. */
struct step {
    size_t synced;                /* an inode, or ABSENT */
    struct entry move[MOVES_MAX]; /* inode ABSENT: the entry goes */
    size_t moves;
};

struct crashfs {
    char dir[PATH_MAX];
    struct inode *inode; /* the folder itself is the first one */
    size_t inodes;
    struct step *step;
    size_t steps;
    struct tree first; /* as it was in the beginning */
    struct tree last;  /* as it is while it is recorded */
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "crashfs: %s: %s\n", what, strerror(errno));
    exit(99);
}

/* One more at the end of an array, zeroed. */
static void *one_more(void *array, size_t *count, size_t size)
{
    uint8_t *grown = realloc(array, (*count + 1) * size);

    must(grown != NULL, "memory");
    memset(grown + *count * size, 0, size);
    ++*count;
    return grown;
}

/* ---- looking at the folder ---- */

static struct version read_version(int fd, const char *name,
                                   const struct stat *st)
{
    struct version v = {.mode = st->st_mode};
    ssize_t len = 0;
    int file;

    if (S_ISDIR(st->st_mode))
        return v;
    v.size = (size_t)st->st_size;
    v.bytes = malloc(v.size + 1);
    must(v.bytes != NULL, "memory");
    if (S_ISLNK(st->st_mode)) {
        len = readlinkat(fd, name, (char *)v.bytes, v.size + 1);
    } else {
        file = openat(fd, name, O_RDONLY | O_CLOEXEC);
        must(file >= 0, name);
        len = read(file, v.bytes, v.size);
        close(file);
    }
    must(len == (ssize_t)v.size, name);
    return v;
}

static bool same_version(const struct version *a, const struct version *b)
{
    return a->mode == b->mode && a->size == b->size &&
           (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

static size_t find_inode(const struct crashfs *fs, ino_t number)
{
    for (size_t i = 0; i < fs->inodes; i++)
        if (fs->inode[i].number == number)
            return i;
    return ABSENT;
}

/* Its index; another version if it is not as it was. */
static size_t note_inode(struct crashfs *fs, int fd, const char *name,
                         bool *changed)
{
    struct inode *inode;
    struct version v;
    struct stat st;
    size_t i;

    must(fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0, name);
    i = find_inode(fs, st.st_ino);
    if (i == ABSENT) {
        i = fs->inodes;
        fs->inode = one_more(fs->inode, &fs->inodes, sizeof *fs->inode);
        fs->inode[i].number = st.st_ino;
    }
    inode = &fs->inode[i];
    v = read_version(fd, name, &st);
    v.step = fs->steps;
    if (inode->versions > 0 &&
        same_version(&inode->version[inode->versions - 1], &v)) {
        free(v.bytes);
        return i;
    }
    *changed = *changed || inode->versions > 0;
    inode->version =
        one_more(inode->version, &inode->versions, sizeof *inode->version);
    inode->version[inode->versions - 1] = v;
    return i;
}

static void look_into(struct crashfs *fs, int fd, size_t folder, unsigned depth,
                      struct tree *tree, bool *changed)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;

    must(dir != NULL, "folder");
    while ((entry = readdir(dir)) != NULL) {
        struct entry *e = &tree->entry[tree->count];
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        must(tree->count++ < ENTRIES_MAX && strlen(entry->d_name) < NAME,
             "too much in the folder");
        e->folder = folder;
        memcpy(e->name, entry->d_name, strlen(entry->d_name) + 1);
        e->inode = note_inode(fs, fd, e->name, changed);
        must(fstatat(fd, e->name, &st, AT_SYMLINK_NOFOLLOW) == 0, e->name);
        if (S_ISDIR(st.st_mode) && depth > 0)
            look_into(fs, openat(fd, e->name, O_RDONLY | O_CLOEXEC), e->inode,
                      depth - 1, tree, changed);
    }
    closedir(dir);
}

static void look_at_all(struct crashfs *fs, struct tree *ret_tree,
                        bool *ret_changed)
{
    int fd = open(fs->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *ret_changed = false;
    ret_tree->count = 0;
    must(fd >= 0 && note_inode(fs, fd, ".", ret_changed) == 0, fs->dir);
    look_into(fs, fd, 0, 1, ret_tree, ret_changed);
}

/* ---- recording ---- */

static bool same_place(const struct entry *a, const struct entry *b)
{
    return a->folder == b->folder && strcmp(a->name, b->name) == 0;
}

static size_t inode_at(const struct tree *tree, const struct entry *place)
{
    for (size_t i = 0; i < tree->count; i++)
        if (same_place(&tree->entry[i], place))
            return tree->entry[i].inode;
    return ABSENT;
}

static void add_move(struct step *step, const struct entry *place, size_t inode)
{
    must(step->moves < MOVES_MAX, "one call changes too many entries");
    step->move[step->moves] = *place;
    step->move[step->moves++].inode = inode;
}

static void compare(const struct tree *old, const struct tree *new,
                    struct step *step)
{
    for (size_t i = 0; i < old->count; i++)
        if (inode_at(new, &old->entry[i]) == ABSENT)
            add_move(step, &old->entry[i], ABSENT);
    for (size_t i = 0; i < new->count; i++)
        if (inode_at(old, &new->entry[i]) != new->entry[i].inode)
            add_move(step, &new->entry[i], new->entry[i].inode);
}

static void add_step(struct crashfs *fs, const struct step *step)
{
    fs->step = one_more(fs->step, &fs->steps, sizeof *fs->step);
    fs->step[fs->steps - 1] = *step;
}

/* What the call that just ended has done, if anything. */
static void note_changes(struct crashfs *fs)
{
    struct step step = {.synced = ABSENT};
    struct tree now;
    bool changed;

    look_at_all(fs, &now, &changed);
    compare(&fs->last, &now, &step);
    if (changed || step.moves > 0)
        add_step(fs, &step);
    fs->last = now;
}

static void note_sync(struct crashfs *fs, const struct calltrace_stop *stop)
{
    struct step step = {.synced = ABSENT};
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)stop->pid,
             (int)stop->args[0]);
    must(stat(path, &st) == 0, path);
    step.synced = find_inode(fs, st.st_ino);
    if (step.synced != ABSENT)
        add_step(fs, &step);
}

static bool note_call(void *arg, struct calltrace_stop *stop)
{
    struct crashfs *fs = arg;

    if (stop->entry)
        return true;
    note_changes(fs);
    if (stop->result == 0 &&
        (stop->number == SYS_fsync || stop->number == SYS_fdatasync))
        note_sync(fs, stop);
    return true;
}

struct crashfs *crashfs_record(const char *dir, void (*child)(const char *dir))
{
    struct crashfs *fs = calloc(1, sizeof *fs);
    bool changed;
    int status;
    pid_t pid;

    must(fs != NULL, "memory");
    snprintf(fs->dir, sizeof fs->dir, "%s", dir);
    look_at_all(fs, &fs->first, &changed);
    fs->last = fs->first;
    fflush(NULL);
    pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        calltrace_me();
        child(dir);
        _exit(0);
    }
    status = calltrace_run(pid, note_call, fs);
    must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child failed");
    return fs;
}

void crashfs_free(struct crashfs *fs)
{
    for (size_t i = 0; i < fs->inodes; i++) {
        for (size_t k = 0; k < fs->inode[i].versions; k++)
            free(fs->inode[i].version[k].bytes);
        free(fs->inode[i].version);
    }
    free(fs->inode);
    free(fs->step);
    free(fs);
}

size_t crashfs_length(const struct crashfs *fs)
{
    return fs->steps;
}

size_t crashfs_settled(const struct crashfs *fs, const char *name)
{
    bool moved = false;

    for (size_t i = 0; i < fs->steps; i++) {
        const struct step *step = &fs->step[i];

        for (size_t k = 0; k < step->moves; k++)
            if (step->move[k].folder == 0 &&
                strcmp(step->move[k].name, name) == 0)
                moved = true;
        if (moved && step->synced == 0)
            return i + 1;
    }
    return SIZE_MAX;
}

/* ---- what a sync was for ---- */

static bool was_there(const struct crashfs *fs, size_t inode)
{
    for (size_t i = 0; i < fs->first.count; i++)
        if (fs->first.entry[i].inode == inode)
            return true;
    return inode == 0;
}

/* Has anything of an inode changed in the steps from .. to - 1? */
static bool has_changed(const struct crashfs *fs, size_t index, size_t from,
                        size_t to)
{
    const struct inode *inode = &fs->inode[index];

    for (size_t i = was_there(fs, index); i < inode->versions; i++)
        if (inode->version[i].step >= from && inode->version[i].step < to)
            return true;
    for (size_t i = from; i < to; i++)
        for (size_t k = 0; k < fs->step[i].moves; k++)
            if (fs->step[i].move[k].folder == index)
                return true;
    return false;
}

size_t crashfs_idle_syncs(const struct crashfs *fs)
{
    size_t count = 0;

    for (size_t i = 0; i < fs->steps; i++) {
        size_t inode = fs->step[i].synced, from = i;

        if (inode == ABSENT)
            continue;
        while (from > 0 && fs->step[from - 1].synced != inode)
            from--;
        count += !has_changed(fs, inode, from, i);
    }
    return count;
}

/* ---- chance ---- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static size_t draw_below(uint64_t *state, size_t limit)
{
    return (size_t)(draw(state) % limit);
}

/* ---- what is left of the entries ---- */

static bool touches(const struct step *step, const struct entry *place)
{
    for (size_t i = 0; i < step->moves; i++)
        if (same_place(&step->move[i], place))
            return true;
    return false;
}

/* Does the later one build on an entry of the earlier one? */
static bool builds_on(const struct step *later, const struct step *earlier)
{
    for (size_t i = 0; i < later->moves; i++)
        if (touches(earlier, &later->move[i]))
            return true;
    return false;
}

static bool is_in(const struct step *step, size_t folder)
{
    for (size_t i = 0; i < step->moves; i++)
        if (step->move[i].folder == folder)
            return true;
    return false;
}

/* Kept are the moves that were synced, and what they build on. */
static void keep_synced(const struct crashfs *fs, size_t done, bool *keep)
{
    for (size_t i = 0; i < done; i++)
        for (size_t k = 0; fs->step[i].synced != ABSENT && k < i; k++)
            keep[k] = keep[k] || is_in(&fs->step[k], fs->step[i].synced);
    for (size_t i = done; i-- > 0;)
        for (size_t k = 0; keep[i] && k < i; k++)
            keep[k] = keep[k] || builds_on(&fs->step[i], &fs->step[k]);
}

/* Of the others some, and none that builds on one that is lost. */
static void keep_some(const struct crashfs *fs, size_t done, uint64_t *state,
                      bool *keep)
{
    size_t share = draw_below(state, 5); /* in quarters */

    for (size_t i = 0; i < done; i++) {
        bool base = true;

        for (size_t k = 0; k < i; k++)
            base = base && (keep[k] || !builds_on(&fs->step[i], &fs->step[k]));
        keep[i] = keep[i] || (base && draw_below(state, 4) < share);
    }
}

static void make_move(struct tree *tree, const struct entry *move)
{
    size_t i = 0;

    while (i < tree->count && !same_place(&tree->entry[i], move))
        i++;
    if (i < tree->count)
        tree->entry[i] = tree->entry[--tree->count];
    if (move->inode == ABSENT)
        return;
    must(tree->count < ENTRIES_MAX, "too much in the folder");
    tree->entry[tree->count++] = *move;
}

static void entries_left(const struct crashfs *fs, size_t done, uint64_t *state,
                         struct tree *ret_tree)
{
    bool *keep = calloc(done + 1, sizeof *keep);

    must(keep != NULL, "memory");
    keep_synced(fs, done, keep);
    keep_some(fs, done, state, keep);
    *ret_tree = fs->first;
    for (size_t i = 0; i < done; i++)
        for (size_t k = 0; keep[i] && k < fs->step[i].moves; k++)
            make_move(ret_tree, &fs->step[i].move[k]);
    free(keep);
}

/* ---- what is left of the bytes ---- */

/* Versions from .. to (inclusive) are those that it may be. */
struct span {
    const struct version *version;
    size_t from, to;
    size_t style; /* 0: the last, 1: the first, 2: any, 3: mostly the last */
};

static struct span span_of(const struct crashfs *fs, size_t index, size_t done,
                           uint64_t *state)
{
    const struct inode *inode = &fs->inode[index];
    struct span span = {.version = inode->version};
    size_t synced = 0;

    for (size_t i = 0; i < done; i++)
        if (fs->step[i].synced == index)
            synced = i;
    for (size_t i = 1; i < inode->versions; i++) {
        if (inode->version[i].step < synced)
            span.from = i;
        if (inode->version[i].step < done)
            span.to = i;
    }
    span.style = draw_below(state, 4);
    return span;
}

static const struct version *one_of(const struct span *span, uint64_t *state)
{
    size_t any = span->from + draw_below(state, span->to - span->from + 1);

    switch (span->style) {
    case 0:
        return &span->version[span->to];
    case 1:
        return &span->version[span->from];
    case 2:
        return &span->version[any];
    default:
        return &span->version[draw_below(state, 8) != 0 ? span->to : any];
    }
}

static void put_page(const struct version *v, uint8_t *bytes, size_t at,
                     size_t len)
{
    size_t there = at < v->size ? v->size - at : 0;

    if (there > 0)
        memcpy(bytes + at, v->bytes + at, there < len ? there : len);
}

static void write_file(const struct span *span, uint64_t *state, int fd,
                       const char *name)
{
    size_t size = one_of(span, state)->size;
    mode_t mode = one_of(span, state)->mode & 07777;
    size_t page = draw_below(state, 2) == 0 ? 4096 : 512;
    uint8_t *bytes = calloc(1, size + 1);
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    must(bytes != NULL && file >= 0, name);
    for (size_t at = 0; at < size; at += page)
        put_page(one_of(span, state), bytes, at,
                 size - at < page ? size - at : page);
    must(write(file, bytes, size) == (ssize_t)size && fchmod(file, mode) == 0,
         name);
    close(file);
    free(bytes);
}

/* ---- making it ---- */

static void write_folder(const struct crashfs *fs, const struct tree *tree,
                         size_t folder, size_t done, uint64_t *state, int fd);

static void write_subfolder(const struct crashfs *fs, const struct tree *tree,
                            const struct entry *entry, const struct span *span,
                            size_t done, uint64_t *state, int fd)
{
    int below;

    must(mkdirat(fd, entry->name, 0755) == 0, entry->name);
    below = openat(fd, entry->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(below >= 0 && fchmod(below, one_of(span, state)->mode & 07777) == 0,
         entry->name);
    write_folder(fs, tree, entry->inode, done, state, below);
    close(below);
}

static void write_entry(const struct crashfs *fs, const struct tree *tree,
                        const struct entry *entry, size_t done, uint64_t *state,
                        int fd)
{
    struct span span = span_of(fs, entry->inode, done, state);
    const struct version *v = &span.version[0];
    char target[PATH_MAX];

    if (S_ISDIR(v->mode)) {
        write_subfolder(fs, tree, entry, &span, done, state, fd);
    } else if (S_ISLNK(v->mode)) {
        snprintf(target, sizeof target, "%.*s", (int)v->size,
                 (const char *)v->bytes);
        must(symlinkat(target, fd, entry->name) == 0, entry->name);
    } else {
        write_file(&span, state, fd, entry->name);
    }
}

static void write_folder(const struct crashfs *fs, const struct tree *tree,
                         size_t folder, size_t done, uint64_t *state, int fd)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->entry[i].folder == folder)
            write_entry(fs, tree, &tree->entry[i], done, state, fd);
}

void crashfs_replay(const struct crashfs *fs, size_t done, uint64_t seed,
                    const char *to)
{
    uint64_t state = seed;
    struct tree tree;
    int fd;

    entries_left(fs, done, &state, &tree);
    must(mkdir(to, 0755) == 0, to);
    fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0, to);
    write_folder(fs, &tree, 0, done, &state, fd);
    close(fd);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct svct_fault *fault, int code, int sys_errno,
                 const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static void fill(struct svct_fault *fault, int code, int sys_errno,
                 const char *format, va_list args)
{
    fault->code = code;
    fault->sys_errno = sys_errno;
    vsnprintf(fault->what, sizeof fault->what, format, args);
}

int svct_fault_set(struct svct_fault *fault, int code, int sys_errno,
                   const char *format, ...)
{
    int saved = errno;
    va_list args;

    if (fault != NULL) {
        va_start(args, format);
        fill(fault, code, sys_errno, format, args);
        va_end(args);
    }
    errno = saved;
    return code;
}

static int code_of_errno(int sys_errno)
{
    switch (sys_errno) {
    case EACCES:
    case EPERM:
        return SVCT_E_ACCESS;
    case ENOSPC:
    case EDQUOT:
        return SVCT_E_NOSPACE;
    case ENOMEM:
        return SVCT_E_NOMEM;
    default:
        return SVCT_E_IO;
    }
}

/* Without a locale or a shared buffer. NULL: no such error. */
static const char *words_of(int sys_errno, char *out, size_t size)
{
#ifdef HAVE_STRERRORDESC_NP
    (void)out;
    (void)size;
    return strerrordesc_np(sys_errno); /* static text */
#else
    return strerror_r(sys_errno, out, size) == 0 ? out : NULL; /* musl */
#endif
}

int svct_fault_errno(struct svct_fault *fault, int sys_errno,
                     const char *format, ...)
{
    int saved = errno;
    int code = code_of_errno(sys_errno);
    char text[100];
    va_list args;
    size_t len;

    if (fault != NULL) {
        va_start(args, format);
        fill(fault, code, sys_errno, format, args);
        va_end(args);
        len = strlen(fault->what);
        const char *words = words_of(sys_errno, text, sizeof text);
        snprintf(fault->what + len, sizeof fault->what - len, ": %s",
                 words != NULL ? words : "unknown system error");
    }
    errno = saved;
    return code;
}

const char *svct_err_text(int code)
{
    switch (code) {
    case 0:
        return "no error";
    case SVCT_E_NOMEM:
        return "out of memory";
    case SVCT_E_IO:
        return "input/output error";
    case SVCT_E_NOTFOUND:
        return "no such record";
    case SVCT_E_EXISTS:
        return "already there";
    case SVCT_E_SYNTAX:
        return "not of the form demanded";
    case SVCT_E_RANGE:
        return "out of range";
    case SVCT_E_TOOBIG:
        return "too large";
    case SVCT_E_NODB:
        return "no database";
    case SVCT_E_ACCESS:
        return "permission denied";
    case SVCT_E_UNSAFE:
        return "unsafe owner or mode";
    case SVCT_E_DAMAGED:
        return "damaged";
    case SVCT_E_VERSION:
        return "written by a newer version";
    case SVCT_E_BUSY:
        return "locked by another writer";
    case SVCT_E_NOSPACE:
        return "disk full";
    case SVCT_E_POLICY:
        return "forbidden by a rule of this host";
    default:
        return "unknown error";
    }
}

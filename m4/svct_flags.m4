# SPDX-License-Identifier: GPL-3.0-or-later

# SVCT_CFLAG(VARIABLE, FLAG): append FLAG to VARIABLE when a program compiles
# and links with it. -Werror turns "unknown option, ignored" into a no.
AC_DEFUN([SVCT_CFLAG],
[AS_VAR_PUSHDEF([svct_cache], [svct_cv_cflag_$2])dnl
AC_CACHE_CHECK([whether $CC takes $2], [svct_cache],
  [svct_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -Werror $2"
   AC_LINK_IFELSE([AC_LANG_PROGRAM()],
     [AS_VAR_SET([svct_cache], [yes])],
     [AS_VAR_SET([svct_cache], [no])])
   CFLAGS=$svct_save_CFLAGS])
AS_VAR_IF([svct_cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([svct_cache])])

# SVCT_LDFLAG(VARIABLE, FLAG): the same for the linker.
AC_DEFUN([SVCT_LDFLAG],
[AS_VAR_PUSHDEF([svct_cache], [svct_cv_ldflag_$2])dnl
AC_CACHE_CHECK([whether the linker takes $2], [svct_cache],
  [svct_save_LDFLAGS=$LDFLAGS
   LDFLAGS="$LDFLAGS -Wl,--fatal-warnings $2"
   AC_LINK_IFELSE([AC_LANG_PROGRAM()],
     [AS_VAR_SET([svct_cache], [yes])],
     [AS_VAR_SET([svct_cache], [no])])
   LDFLAGS=$svct_save_LDFLAGS])
AS_VAR_IF([svct_cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([svct_cache])])

# SVCT_FORTIFY: set svct_cv_fortify to the highest _FORTIFY_SOURCE that the C
# library accepts with this compiler, or to "no".
AC_DEFUN([SVCT_FORTIFY],
[AC_CACHE_CHECK([for the highest _FORTIFY_SOURCE], [svct_cv_fortify],
  [svct_cv_fortify=no
   svct_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -O2"
   for svct_level in 3 2; do
     AC_COMPILE_IFELSE([AC_LANG_SOURCE([
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE $svct_level
#include <features.h>
#if __USE_FORTIFY_LEVEL != $svct_level
#error not this one
#endif
int svct_dummy;])], [svct_cv_fortify=$svct_level; break])
   done
   CFLAGS=$svct_save_CFLAGS])])

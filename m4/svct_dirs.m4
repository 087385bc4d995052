# SPDX-License-Identifier: GPL-3.0-or-later

# SVCT_EXPAND_DIR(VARIABLE, DIR): set VARIABLE to DIR with every ${...} in it
# replaced, for paths that go into the C code.
AC_DEFUN([SVCT_EXPAND_DIR],
[$1=$2
svct_save_prefix=$prefix svct_save_exec_prefix=$exec_prefix
test "x$prefix" != xNONE || prefix=$ac_default_prefix
test "x$exec_prefix" != xNONE || exec_prefix=$prefix
while :; do
  AS_CASE([$$1], [*'$'*], [eval "$1=\"$$1\""], [break])
done
prefix=$svct_save_prefix exec_prefix=$svct_save_exec_prefix])

# SVCT_PAMDIR: set pamexecdir. libpam looks for modules in one folder, chosen
# when it was built: on Debian /lib/<multiarch>/security, elsewhere
# <libdir>/security. Only a module in there is found by its bare name, so a
# system-wide build without --libdir goes where pam_unix.so is.
AC_DEFUN([SVCT_PAMDIR],
[AC_REQUIRE([AC_CANONICAL_HOST])dnl
AC_ARG_WITH([pamdir],
  [AS_HELP_STRING([--with-pamdir=DIR],
    [folder for the PAM module @<:@where pam_unix.so is with --prefix=/usr,
     otherwise LIBDIR/security@:>@])],
  [AS_CASE([$withval], [yes | no | ''],
    [AC_MSG_ERROR([--with-pamdir needs a folder])])],
  [with_pamdir='${libdir}/security'
   AS_IF([test "x$prefix" = x/usr && test "x$libdir" = 'x${exec_prefix}/lib'],
     [svct_multiarch=`$CC -print-multiarch 2>/dev/null`
      test -n "$svct_multiarch" || svct_multiarch=$host_cpu-$host_os
      for svct_dir in "/usr/lib/$svct_multiarch" "/lib/$svct_multiarch" \
          /usr/lib64 /lib64 /usr/lib /lib; do
        AS_IF([test -f "$svct_dir/security/pam_unix.so"],
          [with_pamdir=$svct_dir/security
           break])
      done])])
AC_MSG_CHECKING([where the PAM module goes])
AC_SUBST([pamexecdir], [$with_pamdir])
AC_MSG_RESULT([$pamexecdir])])

# SVCT_NSSDIR: set nssexecdir. The C library loads libnss_*.so.2 by the bare
# name from where the dynamic linker looks: the folder where libc.so.6 is, for
# a system-wide build without --libdir.
AC_DEFUN([SVCT_NSSDIR],
[AC_REQUIRE([AC_CANONICAL_HOST])dnl
AC_ARG_WITH([nssdir],
  [AS_HELP_STRING([--with-nssdir=DIR],
    [folder for the NSS module @<:@where libc.so.6 is with --prefix=/usr,
     otherwise LIBDIR@:>@])],
  [AS_CASE([$withval], [yes | no | ''],
    [AC_MSG_ERROR([--with-nssdir needs a folder])])],
  [with_nssdir='${libdir}'
   AS_IF([test "x$prefix" = x/usr && test "x$libdir" = 'x${exec_prefix}/lib'],
     [svct_multiarch=`$CC -print-multiarch 2>/dev/null`
      test -n "$svct_multiarch" || svct_multiarch=$host_cpu-$host_os
      for svct_dir in "/usr/lib/$svct_multiarch" "/lib/$svct_multiarch" \
          /usr/lib64 /lib64 /usr/lib /lib; do
        AS_IF([test -f "$svct_dir/libc.so.6"],
          [with_nssdir=$svct_dir
           break])
      done])])
AC_MSG_CHECKING([where the NSS module goes])
AC_SUBST([nssexecdir], [$with_nssdir])
AC_MSG_RESULT([$nssexecdir])])

# SVCT_SYSTEMD_DIR(VARIABLE, WHAT, DIR): set VARIABLE, also named so in
# systemd.pc, to the folder where systemd looks for WHAT; "no": none are
# installed. A system-wide build goes where systemd.pc says, if it is there, any
# other to DIR below its own prefix.
AC_DEFUN([SVCT_SYSTEMD_DIR],
[AC_REQUIRE([PKG_PROG_PKG_CONFIG])dnl
AC_ARG_WITH([$1],
  [AS_HELP_STRING([--with-$1=DIR],
    [folder for $2 @<:@what systemd.pc says with --prefix=/usr, none if it
     is not there, otherwise PREFIX/$3@:>@; no: none are installed])],
  [AS_CASE([$withval], [yes | ''],
    [AC_MSG_ERROR([--with-$1 needs a folder, or "no"])])],
  [with_$1='${prefix}/$3'
   AS_IF([test "x$prefix" = x/usr],
     [with_$1=`$PKG_CONFIG --variable=$1 systemd 2>/dev/null`
      test -n "$with_$1" || with_$1=no])])
AC_MSG_CHECKING([where $2 go])
AC_SUBST([$1], [$with_$1])
AC_MSG_RESULT([$$1])])

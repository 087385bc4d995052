/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HTMLSTYLE_H
#define SVCT_ADMIN_HTMLSTYLE_H

/* How the page of htmlpage.h looks: the text of its one <style>, and the hash
 * by which its Content-Security-Policy allows that and nothing else. */

extern const char svct_htmlstyle[];

/* SHA-256 of it in base 64; tests/unit/htmltext_unit.c tells the right one. */
#define SVCT_HTMLSTYLE_HASH "IoNi6WBpqO3Nk6MjbYYPWnFtU44BOY4hBBb+QsKYIZM="

#endif

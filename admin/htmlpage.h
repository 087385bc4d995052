/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HTMLPAGE_H
#define SVCT_ADMIN_HTMLPAGE_H

/*
 * An overview as one page of HTML that needs nothing beside itself: no script,
 * no font, no image, nothing from elsewhere, and a Content-Security-Policy that
 * forbids them. Well-formed as XML, too. Whatever comes from the database gets
 * there by htmltext.h.
 */

#include "overview.h"

/* To a stream; whether all of it arrived is the caller's to ask. The database
 * is up, and its inventory has the lists of all accounts and tokens. */
void svct_htmlpage_write(const struct svct_overview *overview, FILE *file);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HTMLTEXT_H
#define SVCT_ADMIN_HTMLTEXT_H

/*
 * Text from outside in a page of HTML: the one way for it to get there. Pure
 * but for the stream.
 *
 * Good between tags and in an attribute with quotes of either kind, also where
 * the page is read as XML. What a reader could not see, or would see elsewhere
 * than where it stands, is shown by its number: control characters, marks that
 * turn the direction of writing, invisible ones ("\u{202e}"), and bytes that
 * are no UTF-8 ("\xff").
 */

#include "base/err.h"

void svct_htmltext_put(const char *text, FILE *file);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_RESTOREDIFF_H
#define SVCT_ADMIN_RESTOREDIFF_H

/*
 * What a restore brings back of a right that was taken away here while account
 * or token stayed: a lower role, fewer sources, an earlier end. Pure.
 *
 * here: the present record; back: the one of the backup. Why back may open
 * more, or something else: a text of this program; NULL when it does not.
 * That it is disabled, revoked or over is not asked.
 */

#include "auth/entity.h"

const char *svct_restorediff_account(const struct svct_account *here,
                                     const struct svct_account *back);
const char *svct_restorediff_token(const struct svct_token *here,
                                   const struct svct_token *back);
const char *svct_restorediff_role(const struct svct_role *here,
                                  const struct svct_role *back);
const char *svct_restorediff_policy(const struct svct_policy *here,
                                    const struct svct_policy *back);

#endif

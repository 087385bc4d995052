#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what tests/bench/login needs beside what tests/setup.sh does: the
# modules it is measured beside, and what makes their databases. No service is
# started; no module gets into the machine's PAM.
set -eu

# pam_userdb, pam_unix and pam_permit are in libpam-modules.
exec "$(dirname "$0")/../setup.sh" \
    libpam-modules libpam-pwdfile libpam-oath libpam-google-authenticator \
    db5.3-util oathtool

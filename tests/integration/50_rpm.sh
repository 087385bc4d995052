#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The spec builds with rpmbuild, and what it gives is installed, upgraded and
# erased by rpm: the host is as before, and the database is still there. It is
# this machine's rpm with the folders of this machine, and no Fedora.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2086,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$LIB_DIR/svct.sh"
packaging=$LIB_DIR/../../packaging
libdir=$(dirname "$(ldconfig -p | sed -n 's,.*\.so.* => \(/.*/libc\.so\.6\)$,\1,p' |
    head -n 1)")
libdir=/usr${libdir#/usr}

# What a Fedora defines, and a short build: it is not the programs that are
# tested here.
build_rpm() {
    mkdir -p "$T/rpm/SOURCES" &&
        make -C "$SVCT_BUILD_DIR" dist &&
        cp "$SVCT_BUILD_DIR"/svctoken-*.tar.gz "$T/rpm/SOURCES" &&
        rpmbuild -ba --nodeps --without check \
            --define "_topdir $T/rpm" --define "_libdir $libdir" \
            --define '_sysconfdir /etc' --define '_localstatedir /var' \
            --define "_smp_mflags -j$(nproc)" --define 'optflags -O0' \
            "$packaging/rpm/svctoken.spec"
}

contents() {    # PACKAGE: what it puts where
    rpm -qlp "$T"/rpm/RPMS/*/"$1"-[0-9]*.rpm
}

check "rpmbuild makes packages of the spec" build_rpm
refute "... no scriptlet has a macro that is not there" grep -E '%[a-z{]' <<<"$(
    rpm -qp --scripts "$T"/rpm/RPMS/*/*.rpm)"
check_eq "... these" "nss_svctoken pam_svctoken svctoken svctoken-authselect \
svctoken-selinux " "$(cd "$T/rpm/RPMS" && printf '%s\n' */*.rpm |
    sed -E 's,.*/,,; s,-[0-9.]+-.*,,' | grep -v debug | sort | tr '\n' ' ')"
check "... and a source package with the spec" grep -qx svctoken.spec <<<"$(
    rpm -qlp "$T"/rpm/SRPMS/*.src.rpm)"
check_eq "the PAM module is in a package of its own" \
    "$libdir/security/pam_svctoken.so" "$(contents pam_svctoken | grep '\.so')"
check_eq "and so is the NSS module" \
    "$libdir/libnss_svctoken.so.2" "$(contents nss_svctoken | grep '\.so')"
check_eq "whose folders are nobody's to others" "" "$(
    rpm -qlvp "$T"/rpm/RPMS/*/*.rpm | grep -vE '^[dl-].{9} +[0-9]+ root +root ')"

# --- on a host ---

start_syslog
people=$(cat /etc/passwd /etc/group /etc/nsswitch.conf /etc/pam.d/* | cksum)
packages=("$T"/rpm/RPMS/*/{svctoken,pam_svctoken,nss_svctoken}-[0-9]*.rpm)
check "rpm installs them" rpm -i --nodeps "${packages[@]}"
check_eq "... which changes nothing by itself" "$people" \
    "$(cat /etc/passwd /etc/group /etc/nsswitch.conf /etc/pam.d/* | cksum)"
check "... and nothing is missing of them" \
    rpm -V --nodeps svctoken pam_svctoken nss_svctoken

good "the utility makes a database" init
pam_enable sshd
nss_enable
unix_account deploy --role Editor
new_token token deploy/ci
login() {
    printf '%s\n' "$token" | pamtester sshd deploy authenticate acct_mgmt
}
check "a token is let in" login

check "an upgrade is none to a login" rpm -U --force --nodeps "${packages[@]}"
check "... which is let in as before" login
check "... by a user that there still is" getent -s svctoken passwd deploy

database() {
    find /var/lib/svctoken -type f -exec cksum {} + | sort
}
before=$(database)
sudo=$(sha256sum /etc/pam.d/sudo)
good "sudo is set up by the utility" setup sudo --yes
check "rpm erases them" rpm -e svctoken pam_svctoken nss_svctoken
check_like "... and says what it put back" 'sudo is as it was before setup' "$OUT"
check_eq "... to the byte" "$sudo" "$(sha256sum /etc/pam.d/sudo)"
check_eq "the database is still there" "$before" "$(database)"
check_eq "nsswitch.conf is as before" "" "$(grep svctoken /etc/nsswitch.conf)"
check_eq "nothing else of it is left" "" "$(find /usr /etc -xdev \
    -path "$LIB_DIR" -prune -o -name '*svctoken*' ! -path '*/src/*' -print)"
add_user alice secret
alice() {
    printf 'secret\n' | pamtester sshd alice authenticate acct_mgmt
}
check "people log in, though the lines in PAM still name the module" alice
refute "the account does not" login
done_testing

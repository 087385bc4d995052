#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Unix groups of roles: those of the host, those that svctoken makes, and
# those that are gone; the range of uids and gids, and what it meets; and which
# of them a session of an account that there is by svctoken alone has.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
groupadd -g 5001 web
groupadd -g 5002 webmail

says() {        # DESCRIPTION PATTERN: an ERE, in what was said
    check_like "$1" "$2" "$WORDS"
}

silent() {      # DESCRIPTION PATTERN: was not said
    if printf '%s\n' "$WORDS" | grep -qE -e "$2"; then
        not_ok "$1" "expected not to match: $2" "got: $WORDS"
    else
        ok "$1"
    fi
}

refused() {     # PATTERN ARGUMENT...: the answer is no, and nothing changes
    local pattern=$1 before

    shift
    before=$(sequence)
    sv "$@"
    check_eq "refused: $*" "1 $before" "$STATUS $(sequence)"
    says "... says why" "$pattern"
}

verified() {
    good "db verify finds nothing wrong" db verify
}

# --- made, and shared ---

log_mark
good "a role with a group of each kind" role create Low --above Viewer \
    --allow '*' --group web --group ops
says "... the one that was not there is made, and said" \
    '^made the Unix group ops \(gid 65536\), which there is by svctoken alone$'
silent "... the host's is not" 'made the Unix group web'
says "... who is in it" \
    'role Low that are Unix users by svctoken alone are in its groups from .*, Unix users of this host are put into none'
check_log "... is in the log with its gid" 'groups=web,ops:65536 '
good "role show" role show Low
check_like "... tells whose they are" \
    '^Groups: +web \(gid 5001\), ops \(own, gid 65536\)$' "$ANSWER"
good "role list" role list
check_like "... does, too" 'web \(gid 5001\), ops \(own, gid 65536\) ' "$ANSWER"
good "role show --json" role show Low --json
json "... has names, gids and whose they are" '.groups == ["web", "ops"] and
    .gids == [5001, 65536] and .own_groups == ["ops"]'
good "another role with the same group" role create High --above Low \
    --group ops --group deployers --json
json "... it has the gid that it has there" '.gids == [65536, 65537]'
silent "... and is not made again" 'made the Unix group ops'
says "... the new one is" 'made the Unix group deployers \(gid 65537\)'
good "policy show" policy show --json
json "... the next number is behind them" '.uid_next == 65538'
verified

# --- slips ---

good "a slip" role edit High --group ops --group wbe
says "... makes a group" 'made the Unix group wbe \(gid 65538\)'
says "... and tells of the one that may have been meant" \
    '^there is a group web: if that was meant, "svctoken role edit High" with --group web in place of this one$'
says "... what no role has any more is gone" \
    '^the Unix group deployers is gone, no role has it any more; its gid, 65537, is not given again$'
silent "... what another one has is not" 'group ops is gone'
good "a slip of one of another role" role edit High --group ops --group osp
says "... is told, too" 'there is a group ops: if that was meant'
good "a name that is like no other" role edit High --group ops \
    --group buildhosts
silent "... is no slip" 'if that was meant'
good "the same list again" role edit High --group ops --group buildhosts
silent "... makes nothing" '^made'
silent "... and takes nothing" 'is gone'
good "deployers again" role edit High --group deployers
says "... has another gid" 'made the Unix group deployers \(gid 65541\)'

# --- gone ---

good "one role without ops" role edit Low --group web
says "... it is gone: the other has it no more" 'group ops is gone.* 65536,'
log_mark
good "none" role edit High --group none
says "... is gone" 'group deployers is gone'
check_log "... old and new in the log" \
    'role-edit role=High groups=none groups-was=deployers:65541 '
silent "... and nobody is told about members of none" 'from their next login'
good "two with one each" role edit High --group shared
good "..." role edit Low --group web --group shared --group single
log_mark
good "role delete" role delete Low --yes
says "... takes the groups that it alone had" 'group single is gone'
silent "... and not the one of another role" 'group shared is gone'
silent "... and not the host's" 'group web is gone'
verified

# --- what is refused, and what is said ---

refused 'root is the group of root.s own files \(gid 0\)' \
    role create Other --above High --group root
groupadd -o -g 0 toor
refused 'toor is the group of root.s own files' role edit High --group toor
good "a group that is as good as root" role edit High --group shared \
    --group adm --group docker
says "... is said, whose ever it is" 'who is in adm, docker may become root'
good "without it" role edit High --group shared
silent "... nothing" 'may become root'
groupadd -g 5003 shared
good "a group that the host has now, too" role edit High --group shared
says "... is still svctoken's, and said" \
    'group shared is there twice: by svctoken, with the gid 65542, and on this host, with 5003; '
groupdel shared
groupadd goes
good "a group of the host" role edit High --group shared --group goes
groupdel goes
good "... that is gone there" role show High --json
json "... has no gid, and is no own one" '.gids[1] == null and
    .own_groups == ["shared"]'
good "... for people" role show High
check_like "... says so" 'goes \(not on this host\)' "$ANSWER"
good "... and another role that gets it" role create Other --above High \
    --group goes
says "... it is one of a host still" \
    'this host has none of that name: .*"groupadd goes" makes it'
silent "... and is not made" 'made the Unix group'
good "..." role delete Other --yes

# --- another name service ---

lib=$(dirname "$(ldconfig -p | sed -n 's/.*libc\.so\.6 .*=> //p' | head -n 1)")
cat >"$T/elsewhere.c" <<'END'
#include <grp.h>
#include <nss.h>
#include <string.h>
static char *nobody[] = {NULL};
static enum nss_status answer(struct group *group, char *name)
{
    group->gr_name = name;
    group->gr_passwd = name;
    group->gr_gid = 65600;
    group->gr_mem = nobody;
    return NSS_STATUS_SUCCESS;
}
enum nss_status _nss_elsewhere_getgrnam_r(const char *name,
    struct group *group, char *buffer, size_t size, int *error)
{
    return strcmp(name, "remote") != 0 ? NSS_STATUS_NOTFOUND
                                       : answer(group, "remote");
}
enum nss_status _nss_elsewhere_getgrgid_r(gid_t gid, struct group *group,
    char *buffer, size_t size, int *error)
{
    return gid != 65600 ? NSS_STATUS_NOTFOUND : answer(group, "remote");
}
END
cc -shared -fPIC -o "$lib/libnss_elsewhere.so.2" "$T/elsewhere.c" ||
    die "no name service"
cp /etc/nsswitch.conf "$T/nsswitch.conf"
sed -i 's/^group:.*/& elsewhere/' /etc/nsswitch.conf
good "a group of a directory" role edit High --group shared --group remote
says "... is the host's, and gives no membership" \
    'the group remote is not in /etc/group, .*nobody is put into it by a role'
good "... role show" role show High --json
json "... its gid is the host's" '.gids[1] == 65600 and
    .own_groups == ["shared"]'

# --- the range ---

good "a range" policy set uid_range=65599-65699
good "a group" role edit High --group shared --group one --group two
says "... its first number" 'made the Unix group one \(gid 65599\)'
says "... what the host knows is passed over" \
    '^65600 is the gid of the group remote on this host: passed over$'
says "... and comes behind that" 'made the Unix group two \(gid 65601\)'
cp "$T/nsswitch.conf" /etc/nsswitch.conf
add_user anna
usermod -u 65602 anna 2>/dev/null
groupadd -g 65603 clash
good "more" role edit High --group shared --group three
says "... a user's number is passed over" \
    '^65602 is the uid of the user anna on this host: passed over$'
says "... and a group's" \
    '^65603 is the gid of the group clash on this host: passed over$'
says "... both" 'made the Unix group three \(gid 65604\)'
verified
for n in 1 2 3 4; do
    useradd -u 6561$n -g users "user$n" 2>/dev/null
done
echo 'anna:65700:10' >>/etc/subuid
good "a range that meets something" policy set uid_range=65000-65800
check_like "... says that what comes in may have had an owner" \
    'uid_range: a number that was outside .* not remembered' "$WORDS"
says "... old and new are said" '^uid_range is 65000-65800 now, was 65599-65699$'
says "... users" 'uid_range: this host has users with such numbers, which are passed over: anna \(65602\), user1 \(65611\), user2 \(65612\) and 2 more'
says "... groups" 'groups with such numbers.*: clash \(65603\)$'
silent "... not those of svctoken" '(shared|three) \('
says "... containers" \
    'uid_range: /etc/subuid gives numbers of it to the containers of anna \(65700\)'
says "... systemd" 'uid_range: 61184 to 65519 are for the dynamic users'
good "a high one" policy set uid_range=2100000000-2139999999
says "... lastlog" '/var/log/lastlog gets 624 GB'
silent "... and nothing else" 'this host has|containers|systemd'
good "a group" role edit High --group shared --group high
says "... is made there" 'made the Unix group high \(gid 2100000000\)'
verified

# --- accounts by svctoken alone ---

sv account create deploy --role High --json
if [ "$STATUS" -ne 0 ] || ! jq -e '.uid > 0' <"$T/answer" >/dev/null; then
    skip "the group of an account" "no accounts by svctoken alone"
    done_testing
fi
refused 'the group deploy is the own one of the service account deploy' \
    role edit High --group deploy
if ! svctoken nss enable >"$T/nss" 2>&1; then
    skip "the groups of a session" "no name service of svctoken: $(cat "$T/nss")"
    done_testing
fi
good "roles of a session" role create Low --above Viewer --allow sshd \
    --group shared
good "..." role edit High --allow sshd --group shared --group high --group web
silent "what the name service knows of ours is none of the host's" \
    'another name service'
good "role show" role show High --json
json "... whose they are stays" '.own_groups == ["shared", "high"] and
    .gids[2] == 5001'
good "a range of our own numbers" policy set uid_range=2100000000-2139999998
silent "... meets nobody" 'this host has'
mkdir -p /var/lib/svctoken-home/deploy
new_token bare deploy/bare --ttl 1h
new_token as_low deploy/low --ttl 1h --role Low
start_sshd
groups_are() {  # DESCRIPTION WANTED TOKEN
    check "$1" ssh_password deploy "$3" id -Gn
    check_eq "... has the groups" "$2" \
        "$(xargs -n 1 <<<"$OUT" | sort | xargs)"
}
# shellcheck disable=SC2154 # by new_token
groups_are "a token without a cap" "deploy high shared web" "$bare"
# shellcheck disable=SC2154
groups_are "a token that is limited to Low" "deploy shared" "$as_low"
good "a group less" role edit High --group shared
groups_are "... is left at the next login" "deploy shared" "$bare"
stop_sshd

done_testing

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/role.h"
#include "doctor.h"
#include "doctor_accounts.h"
#include "unixgroup.h"

enum {
    ROLE_RAISES,
    ROLE_POWERFUL
};

static const struct svct_finding_kind kinds[] = {
    [ROLE_RAISES] = {"role_raises", SVCT_SEVERITY_WARNING,
                     "Who has a role up to Editor is expected to have no more "
                     "rights than the account itself; a service as sudo gives "
                     "them those of others. Only Admin does so from the "
                     "beginning."},
    [ROLE_POWERFUL] = {"role_powerful_group", SVCT_SEVERITY_WARNING,
                       "Members of this group can do what is as good as being "
                       "root, whatever services the role allows."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

static void look_at_services(struct svct_doctor *doctor,
                             const struct svct_role *role)
{
    const char *service = svct_doctor_roles_raises(role);

    if (service == NULL)
        return;
    svct_finding_mend(
        svct_findings_add(&doctor->findings, &kinds[ROLE_RAISES],
                          "the role %s, which is not above Editor, allows the "
                          "service %s",
                          role->name, service),
        "svctoken role edit %s --refuse sudo --refuse sudo-i --refuse doas "
        "--refuse polkit-1",
        role->name);
}

static void look_at_groups(struct svct_doctor *doctor,
                           const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++) {
        if (svct_unixgroup_is_powerful(role->groups[i]))
            svct_finding_mend(
                svct_findings_add(&doctor->findings, &kinds[ROLE_POWERFUL],
                                  "the role %s, which is not above Editor, "
                                  "has the group %s",
                                  role->name, role->groups[i]),
                "svctoken role show %s", role->name);
    }
}

static void run(struct svct_doctor *doctor)
{
    const struct svct_doctor_accounts *accounts = svct_doctor_accounts(doctor);
    const struct svct_role *editor, *role;

    if (accounts == NULL)
        return;
    editor = svct_doctor_roles_find(&accounts->roles, SVCT_ROLE_EDITOR);
    for (size_t i = 0; editor != NULL && i < accounts->roles.count; i++) {
        role = &accounts->roles.item[i];
        if (role->place <= editor->place) {
            look_at_services(doctor, role);
            look_at_groups(doctor, role);
        }
    }
}

const struct svct_doctor_check svct_doctor_role = {
    .name = "role",
    .summary = "do low roles raise the rights of who has them?",
    .kinds = kinds,
    .run = run,
};

# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of svctoken for fish: "svctoken complete" tells what there is.

function __svctoken_candidates
    set -l words (commandline -opc)
    set -l word (commandline -ct | string collect --allow-empty)
    set -l begun (string replace -r -- '^--[^=]*=' '' $word | string collect --allow-empty)

    for line in ($words[1] complete -- $words[2..] "$word" 2>/dev/null)
        switch $line
            case ':file*'
                __fish_complete_path "$begun"
            case ':dir*'
                __fish_complete_directories "$begun"
            case ':user*'
                __fish_complete_users
            case ':group*'
                __fish_complete_groups
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c svctoken -f -a '(__svctoken_candidates)'

#!/bin/bash
# End what rt-up.sh started:  rt-down.sh DIR
# A process is ours if its number and the kernel's start time are those in DIR/pids. Of a session
# whose leader died already, only processes that work in DIR are ended.
RIG=$(realpath -m "${1:?usage: rt-down.sh DIR}")
[ -d "$RIG/pids" ] || exit 0

stat_of() { # PID: its state, session and start time
    local s
    s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    s=${s##*) }
    set -- $s
    echo "$1 $4 ${20}"
}
gone() { # a zombie counts as gone
    local s
    s=$(stat_of "$1") || return 0
    [ "${s%% *}" = Z ]
}
end_orphans() { # SESSION
    local dir pid
    for dir in /proc/[0-9]*; do
        pid=${dir#/proc/}
        set -- "$1" $(stat_of "$pid")
        [ "$3" = "$1" ] && [ "$(readlink "/proc/$pid/cwd")" = "$RIG" ] && kill -KILL "$pid"
    done
}

declare -A ours
for name in apache rt kdc pg; do
    [ -e "$RIG/pids/$name" ] || continue
    read -r pid start <"$RIG/pids/$name"
    now=$(stat_of "$pid")
    [ "${now##* }" = "$start" ] && ours[$name]=$pid
    if [ "$name" != pg ] && { [ -z "${ours[$name]}" ] || gone "$pid"; }; then end_orphans "$pid"; fi
done

# Each was started with setsid, so its process group is its own. RT has nothing to lose; to
# PostgreSQL INT means a fast shutdown.
[ -n "${ours[apache]}" ] && kill -TERM "${ours[apache]}" 2>/dev/null
[ -n "${ours[rt]}" ] && kill -KILL -- "-${ours[rt]}" 2>/dev/null
[ -n "${ours[kdc]}" ] && kill -TERM "${ours[kdc]}" 2>/dev/null
[ -n "${ours[pg]}" ] && kill -INT "${ours[pg]}" 2>/dev/null
for _ in $(seq 100); do
    left=
    for name in "${!ours[@]}"; do gone "${ours[$name]}" || left=1; done
    [ -z "$left" ] && break
    sleep .05
done
for name in "${!ours[@]}"; do gone "${ours[$name]}" || kill -KILL -- "-${ours[$name]}" 2>/dev/null; done
rm -f "$RIG"/pids/*
exit 0

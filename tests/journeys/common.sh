#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What journeys share. Sourced with the program's path as first argument: a home of its own, removed with the program at the
# end; start, fail, until_true and windows.
set -eu
program=$1
HOME=$(mktemp -d)
XDG_CONFIG_HOME=$HOME/config XDG_DATA_HOME=$HOME/data XDG_RUNTIME_DIR=$HOME
export HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR QT_QPA_PLATFORM=xcb
ketscope=
trap 'kill $ketscope 2>/dev/null || true; wait $ketscope 2>/dev/null || true; rm -rf "$HOME"' EXIT

fail() {
    echo "FAILED: $1" >&2
    cat "$HOME/log" >&2
    exit 1
}
# until_true SECONDS COMMAND…: polls.
until_true() {
    tries=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.1
    done
}
windows() { xdotool search --onlyvisible --class ketscope; }
# start [ARGUMENT…]: starts the program and waits for its window, $main.
start() {
    "$program" "$@" >>"$HOME/log" 2>&1 &
    ketscope=$!
    until_true 20 windows || fail "no window appeared"
    main=$(windows | head -n 1)
    xdotool windowfocus --sync "$main"
}

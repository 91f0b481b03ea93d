#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what Ketscope needs (Debian 12), builds it into build/release and starts it with the arguments given here.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/build/release

. "$root/app/packages.sh"
install_packages "$root/app/packages.txt" build run ${WAYLAND_DISPLAY:+wayland}

log=$root/build/start.log
mkdir -p "$root/build"
if [ ! -f "$build/build.ninja" ]; then
    echo "Preparing to build Ketscope (once)" >&2
    (cd "$root" && cmake --preset release) >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        echo "ketscope: preparing the build failed; all of it is in $log" >&2
        exit 1
    }
fi
# Ninja does nothing when nothing changed. The first build takes minutes, so it shows its steps.
if [ -x "$build/ketscope" ]; then
    ninja -C "$build" ketscope >"$log" 2>&1
else
    ninja -C "$build" ketscope >&2
fi || {
    [ -x "$build/ketscope" ] && tail -n 30 "$log" >&2
    echo "ketscope: the build failed." >&2
    exit 1
}

exec "$build/ketscope" "$@"

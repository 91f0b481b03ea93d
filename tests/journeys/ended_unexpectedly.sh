#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Ketscope is killed while somebody works with it. The next start has what was open; an orderly end leaves no marker.
# Usage: ended_unexpectedly.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
kept=$XDG_DATA_HOME/ketscope/ketscope

# Whether a sentence with "funny" is in the file that is written a few seconds after a change.
is_kept() { QT_QPA_PLATFORM=offscreen "$program" inspect "$kept/autosave.ket" --json | grep -q funny; }
has_ended() { ! kill -0 $ketscope; }

start
until_true 20 test -e "$kept/autosave.ket" || fail "nothing was kept"
xdotool key ctrl+i ctrl+a
xdotool type "what a warm and funny story"
xdotool key Return
until_true 20 is_kept || fail "the sentence was not kept"
kill -KILL $ketscope
wait $ketscope 2>/dev/null || true
test -e "$kept/autosave.running" || fail "no marker of the process that was killed"
start
until_true 20 is_kept || fail "the sentence was not restored"
xdotool windowfocus --sync "$main"
xdotool key ctrl+q
until_true 10 has_ended || fail "the program did not quit"
test ! -e "$kept/autosave.running" || fail "a marker after an orderly end"

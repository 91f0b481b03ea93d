#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A slider is dragged by mouse while B is computed again, undone by key; a long run is cancelled half way and what was there
# stays. Usage: drag_cancel_undo.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
study=$HOME/study.ket

inspected() { QT_QPA_PLATFORM=offscreen "$program" inspect "$study" --json; }
saves() { # COMMAND…: true of the study as it is saved now
    xdotool windowfocus --sync "$main" key ctrl+s
    sleep 0.3
    "$@"
}
features() { inspected | sed -n 's/^ *"detail": "m \([0-9]*\) .*/\1/p'; }
has_features() { [ "$(features)" = "$1" ]; }
has_other_features() { [ -n "$(features)" ] && [ "$(features)" != "$1" ]; }
# Hundredths of a second of processor time.
used() { awk '{ print $14 + $15 }' "/proc/$ketscope/stat"; }
rests() { before=$(used) && sleep 1 && [ $(($(used) - before)) -lt 30 ]; }
works() { before=$(used) && sleep 1 && [ $(($(used) - before)) -gt 50 ]; }

"$program" run "$samples/sentiment" --text "a warm and funny film" --compare rff:m=128@layers=4-5 --quiet \
    --out "$HOME/run.h5" >>"$HOME/log" 2>&1
mv "$HOME/run.h5" "$study"
start "$study"
xdotool windowsize --sync "$main" 1600 1000
until_true 20 saves has_features 128 || fail "the study was not opened"

xdotool mousemove 1330 349 mousedown 1
for x in 1360 1400 1440 1480 1500; do
    xdotool mousemove $x 349
    sleep 0.05
done
xdotool mouseup 1
until_true 20 saves has_other_features 128 || fail "the slider did not change m"
xdotool key ctrl+z
until_true 20 saves has_features 128 || fail "undo did not bring m back in one step, but $(features)"

# Ten seconds of work and more: noise on every gate, on a long text in every head.
kill $ketscope
wait $ketscope 2>/dev/null || true
"$program" run "$samples/sentiment" --text "a warm film" --quiet --out "$HOME/run.h5" \
    --compare "fidelity:noise=depolarizing,noise-at=gates,simulation=trajectories,runs=256" >>"$HOME/log" 2>&1
mv "$HOME/run.h5" "$study"
start "$study"
has_text() { inspected | grep -q "\"text\": \"$1\""; }
until_true 20 saves has_text "a warm film" || fail "the second study was not opened"
xdotool key ctrl+i ctrl+a
for i in 1 2 3 4 5 6 7 8; do xdotool type "a warm and funny film with a great story "; done
xdotool key Return
until_true 10 works || fail "the long run did not begin"
xdotool key Escape
until_true 5 rests || fail "Esc did not end the run"
kill -0 $ketscope || fail "the program ended"
xdotool windowfocus --sync "$main" key ctrl+z
until_true 5 rests || fail "undo of the text ran something although its result is still there"
until_true 10 saves has_text "a warm film" || fail "the result before the long run is gone"

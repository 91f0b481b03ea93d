#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A model is trained in the window by keys alone: a recipe from a file, a folder, Start; then it is opened and is what the
# window shows. Usage: training.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
recipe=$(cd "$(dirname "$0")/../fixtures/recipes" && pwd)/tiny.json
run=$HOME/run

training() { xdotool search --onlyvisible --name '^Training'; }
chooser() { xdotool search --onlyvisible --name 'Choose a recipe'; }

start
xdotool windowsize --sync "$main" 1600 1000
sleep 2
xdotool key ctrl+t
until_true 20 training || fail "no training window appeared"
window=$(training | head -n 1)
xdotool windowfocus --sync "$window"
sleep 0.5
xdotool key alt+e
sleep 0.3
xdotool key Tab space
until_true 20 chooser || fail "no dialog for the recipe appeared"
xdotool windowfocus --sync "$(chooser | head -n 1)"
sleep 0.5
xdotool type "$recipe"
xdotool key Return
sleep 1
xdotool windowfocus --sync "$window"
xdotool key alt+r
sleep 0.3
xdotool key ctrl+a
xdotool type "$run"
xdotool key Tab
sleep 0.5
xdotool key alt+s
until_true 60 test -s "$run/result.json" || fail "the run did not end"
[ "$(wc -l <"$run/curve.csv")" = 21 ] || fail "the curve has not a line for each of 20 steps"
sleep 1
xdotool key alt+o
opened() { xdotool getwindowname "$main" | grep -q '^run '; } # the title names the model
until_true 20 opened || fail "the trained model was not opened"
QT_QPA_PLATFORM=offscreen "$program" inspect "$run" --json >"$HOME/inspected" 2>>"$HOME/log"
grep -q '"layers": 1' "$HOME/inspected" || fail "the trained model is not what the recipe says"
kill -0 $ketscope || fail "the program ended"

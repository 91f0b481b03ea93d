#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every lesson from its first step to its last, by keys alone: a prediction, Show me, Next. What was open comes back as it was,
# and what was finished is remembered. Usage: lessons.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
study=$HOME/study.ket
settings=$XDG_CONFIG_HOME/ketscope/ketscope.ini
TMPDIR=$HOME
export TMPDIR

inspected() { QT_QPA_PLATFORM=offscreen "$program" inspect "$study" --json; }
saves() { # COMMAND…: true of the study as it is saved now
    xdotool windowfocus --sync "$main" key ctrl+s
    sleep 0.3
    "$@"
}
has_study() { inspected | grep -q '"text": "a warm and funny film"' && inspected | grep -q '"detail": "m 64 '; }
finished() { grep -q "^finished=.*$1" "$settings"; }
# The first choice has the focus when a step begins; Alt+S is Show me, Alt+N Next. Keys of what is not there do nothing.
one_more_step() {
    xdotool key space
    sleep 0.2
    xdotool key alt+s
    sleep 0.8
    xdotool key alt+n
    sleep 0.4
    finished "$1"
}
ids() { "$program" lesson --json | sed -n 's/^ *"id": "\(.*\)",*$/\1/p'; }

"$program" run "$samples/sentiment" --text "a warm and funny film" --compare rff:m=64@layers=4-5 --quiet \
    --out "$HOME/run.h5" >>"$HOME/log" 2>&1
mv "$HOME/run.h5" "$study"
start "$study"
xdotool windowsize --sync "$main" 1600 1000
until_true 20 saves has_study || fail "the study was not opened"

number=0
for id in $(ids); do
    xdotool windowfocus --sync "$main" key alt+l
    sleep 0.5
    for i in $(seq $number); do xdotool key Down; done
    xdotool key Return
    sleep 2
    until_true 2 one_more_step "$id" || fail "lesson $id was not walked to its end"
    kill -0 $ketscope || fail "the program ended in lesson $id"
    number=$((number + 1))
done
[ $number = 8 ] || fail "expected eight lessons, found $number"
test -s "$HOME/ketscope-lesson.pdf" || fail "no figure was exported in the lesson about it"
rm "$study"
until_true 20 saves has_study || fail "what was open before the lessons did not come back"

# Esc asks; the answer is at hand.
xdotool key alt+l
sleep 0.5
xdotool key Return
sleep 2
xdotool key Escape
sleep 0.5
xdotool key Tab Tab space # Start again, End
sleep 1
rm "$study"
until_true 20 saves has_study || fail "the study did not come back after Esc"

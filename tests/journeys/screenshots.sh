#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The README's pictures: starts the built program with the bundled samples and saves every perspective, a lesson and the
# table of claims, 1600 × 1000.
# Usage, from the repository's root:
#   xvfb-run -a -s "-screen 0 1600x1000x24" sh tests/journeys/screenshots.sh build/release/ketscope resources/screenshots
# Needs xdotool and ImageMagick.
. "$(dirname "$0")/common.sh"
folder=$2
mkdir -p "$folder" "$HOME/config/ketscope"

# picture NAME THEME ACT ARGUMENT…: what the screen shows after ACT, a function or a key that chooses the perspective.
picture() {
    name=$1 act=$3
    printf '[view]\ntheme=%s\n' "$2" >"$HOME/config/ketscope/ketscope.ini"
    shift 3
    start "$@"
    xdotool windowmove "$main" 0 0 windowsize --sync "$main" 1600 1000
    xdotool windowfocus --sync "$main"
    sleep 5 # the sample is run and everything that is computed at leisure is there
    case $act in
    [1-6]) xdotool key "$act" ;;
    *) "$act" ;;
    esac
    sleep 3
    import -window root "$HOME/window.png"
    convert "$HOME/window.png" -strip +dither -colors 256 -define png:compression-level=9 "$folder/$name.png"
    kill "$ketscope"
    wait "$ketscope" 2>/dev/null || true
    until_true 5 gone || fail "the window of $name stayed"
}
gone() { ! windows; }

choose() {
    xdotool key ctrl+k
    sleep 1
    xdotool type --delay 30 "$1"
    sleep 1
    xdotool key Return
    sleep 3
}
lesson() { choose "Many heads"; }
claims() {
    choose "Claims"
    xdotool key alt+a # run all of them
    sleep "${CLAIMS_SECONDS:-150}"
}

run() { "$program" "$@" --quiet >>"$HOME/log" 2>&1 || fail "ketscope $1"; }
sentence="the film is not great, but its acting is surprisingly warm."
run run samples/sentiment --text "$sentence" --compare shots:shots=64,repeats=8@layers=4-5 --out "$HOME/shots.h5"
run run samples/sentiment --text "$sentence" --compare fidelity@layers=4-5 --out "$HOME/fidelity.h5"
run sweep samples/sentiment --text "$sentence" --compare rff@layers=4-5 --vary m=16,32,64,128,256,512 \
    --vary sigma=0.5,1,2 --seeds 5 --out "$HOME/sweep.h5"

picture heatmap light 1 samples/sentiment
picture uncertainty dark 1 "$HOME/shots.h5"
picture entropy light 2 samples/sentiment
picture alignment light 3 samples/shape-blip
picture quantum light 4 "$HOME/fidelity.h5"
picture outputs light 5 samples/char-gpt
picture sweep light 6 "$HOME/sweep.h5"
picture lesson light lesson samples/sentiment
picture claims light claims samples/sentiment

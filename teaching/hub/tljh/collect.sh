#!/usr/bin/env bash
# Copies every learner's exercises into one folder a learner, for `ballet grade`:
#   sudo bash /opt/ballet/teaching/hub/tljh/collect.sh ballet-class/exercises handed_in
# Files are read as the learner who owns them: a link to somebody else's work, or to a system file, stays shut.
set -euo pipefail

if (($# != 2)); then
    echo "usage: collect.sh FOLDER_IN_EACH_HOME TARGET" >&2
    exit 2
fi
what=$1 target=$2 homes=${HOMES:-/home}

for home in "$homes"/jupyter-*/; do
    home=${home%/}
    owner=$(stat -c %U "$home")
    learner=${home##*/jupyter-}
    [[ $owner != root ]] || continue
    mkdir -p "$target/$learner"
    # Regular notebooks of a sensible size, nothing else.
    runuser -u "$owner" -- find "$home/$what" -maxdepth 1 -type f -name '*.ipynb' -size -20M -print0 2>/dev/null |
        runuser -u "$owner" -- tar -c --null -T - 2>/dev/null |
        tar -x --no-same-owner --transform 's|.*/||' -C "$target/$learner" || true
    echo "$learner: $(find "$target/$learner" -name '*.ipynb' | wc -l) notebooks"
done

#!/usr/bin/env bash
# Trains the line recogniser on a machine with a GPU and without fonts.
#
#   here:   python -m train.data.render.carry --out carried          # atlases and text, at most 8 MB
#   there:  scripts/train_on_gpu.sh carried RESULTS MINUTES [more options of mmgpt train lines]
#
# RESULTS receives the exported weights, the curves, and the last checkpoint in parts of at most 15 MiB. To go on from an earlier
# lease, put those parts into RESULTS/previous before the start. DEVICE=cpu proves the script in miniature.
set -euo pipefail
carried=$1 results=$2 minutes=$3
shift 3
run=${RUN:-runs/gpu-lines}
device=${DEVICE:-cuda}
mkdir -p "$results" "$run/checkpoints"

for first in "$results"/previous/*.part-aa; do
    [ -e "$first" ] || continue
    name=$(basename "${first%.part-aa}")
    cat "${first%-aa}"-* > "$run/checkpoints/$name"
done

PYTHONPATH=. python3 -m train.cli lines --carried "$carried" --out "$run" --device "$device" --minutes "$minutes" \
    --workers "${WORKERS:-14}" --batch "${BATCH:-512}" --steps "${STEPS:-40000}" --lr "${LR:-3e-3}" "$@"

cp "$run/model.safetensors" "$run"/*.csv "$results/"
last=$(ls "$run"/checkpoints/step-*.safetensors | tail -n 1)
rm -f "$results"/step-*.part-*
split --bytes=15M "$last" "$results/$(basename "$last").part-"

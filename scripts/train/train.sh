#!/usr/bin/env bash
# Makes or continues a model: token files, made-up rows, pre-training, fine-tuning, export, scores, curves. docs/training.md
# usage: scripts/train/train.sh WORK TASKS CORPUS...       settings below, as environment variables
# Each stage leaves WORK/STAGE.done and is skipped the next time; pre-training and fine-tuning go on from where they were stopped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { sed -n '2,4p' "$0" | cut -c3- >&2; exit 2; }
work=$1 tasks=$2 corpus=("${@:3}")

PRETRAIN=${PRETRAIN:---seconds 600}     # length of the stages: --seconds N or --steps N
FINETUNE=${FINETUNE:---seconds 900}
INIT=${INIT:-}                          # go on pre-training from this model (folder, .safetensors, .bin, .pt); empty: from scratch
PRETRAIN_ARGS=${PRETRAIN_ARGS:-}
FINETUNE_ARGS=${FINETUNE_ARGS:---muon 5e-4}
SAMPLE_ARGS=${SAMPLE_ARGS:-}
MADE_ROWS=${MADE_ROWS:-30000}           # made-up rows a source; 0: none
OPEN=${OPEN:-}                          # 1: train on openly licensed sources alone
GPUS=${GPUS:-$(nvidia-smi -L 2>/dev/null | wc -l)}
STAGES=${STAGES:-tokens made pretrain finetune export evaluate curves}
PYTHON=${PYTHON:-python3}
# Sources whose repository or publisher states an open licence for the data (docs/training.md).
OPEN_SOURCES=weibo,cehrner,cmedqaner,finre,fewfc,cold,cold_topic,paws_x_zh,cmedqq,cmrc2018,drcd,diaasq,cote

mkdir -p "$work"
export PYTHONUNBUFFERED=1 NCCL_NVLS_ENABLE=0

# One process a card; together they average their gradients.
on_all_cards() {
  if [ "$GPUS" -le 1 ]; then "$PYTHON" "$@"; return; fi
  local pids=() rank status=0
  export MASTER_ADDR=127.0.0.1 MASTER_PORT=${MASTER_PORT:-29511} WORLD_SIZE=$GPUS
  for ((rank = 0; rank < GPUS; rank++)); do RANK=$rank LOCAL_RANK=$rank "$PYTHON" "$@" & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  unset WORLD_SIZE
  return $status
}

tokens() {
  if [ -n "$OPEN" ]; then "$PYTHON" "$here/tokenise.py" "$work/tokens" "${corpus[@]}"
  else "$PYTHON" "$here/tokenise.py" "$work/tokens" "${corpus[@]}" --tasks "$tasks"; fi
}

made() {
  [ "$MADE_ROWS" -gt 0 ] || return 0
  local from=()
  [ -n "$OPEN" ] || from=(--tasks "$tasks/train")
  "$PYTHON" "$here/weak.py" "$work/made" --corpus "${corpus[@]}" "${from[@]}" --limit "$MADE_ROWS"
  "$PYTHON" "$here/scenes.py" "$work/made" --rows "$MADE_ROWS"
}

pretrain() {
  # shellcheck disable=SC2086
  on_all_cards "$here/pretrain.py" --tokens-dir "$work/tokens" --out "$work/encoder.pt" ${INIT:+--init "$INIT"} $PRETRAIN $PRETRAIN_ARGS
}

finetune() {
  local folders=("$tasks") only=()
  [ ! -d "$work/made" ] || folders+=("$work/made")
  [ -z "$OPEN" ] || only=(--only "$OPEN_SOURCES,$(ls "$work/made/train" 2>/dev/null | sed 's/\..*//' | paste -sd,)")
  # shellcheck disable=SC2086
  "$PYTHON" "$here/sample.py" "${folders[@]}" --spool "$work/spool" "${only[@]}" $SAMPLE_ARGS &
  local sampler=$!
  trap 'kill $sampler 2>/dev/null || true' RETURN EXIT
  while ! compgen -G "$work/spool/*.npz" >/dev/null; do kill -0 $sampler; sleep 1; done
  # shellcheck disable=SC2086
  on_all_cards "$here/finetune.py" --spool "$work/spool" --init "$work/encoder.pt" --out "$work/model.pt" $FINETUNE $FINETUNE_ARGS
}

export_() {
  "$PYTHON" "$here/export.py" "$work/encoder.pt" "$work/encoder" --keep-mlm
  "$PYTHON" "$here/export.py" "$work/model.pt" "$work/model"
}

evaluate() { "$PYTHON" "$here/evaluate.py" "$tasks" --model "$work/model" --out "$work/eval.json"; }

curves() { "$PYTHON" "$here/curves.py" "$work/curves.svg" "$work"/*.curve.jsonl; }

for stage in $STAGES; do
  [ ! -e "$work/$stage.done" ] || continue
  echo "== $stage ($(date +%T))"
  case $stage in export) export_ ;; *) $stage ;; esac
  touch "$work/$stage.done"
done
echo "done: $work/model (serve it with: uie serve --model $work/model)"

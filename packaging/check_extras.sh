#!/usr/bin/env bash
# Installs each extra alone in a fresh environment, then all together: no conflict, --help works, a demo run scores.
#   packaging/check_extras.sh [EXTRA …]
# torch comes first, since a CPU build may be what is wanted: TORCH='torch==2.13.0' (default) or an index of your own.
# vllm is left out unless it is named: it needs a CUDA machine.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
torch=${TORCH:-torch==2.13.0}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/build"
"$scratch/build/bin/pip" install --quiet build
"$scratch/build/bin/python" -m build --quiet --wheel --outdir "$scratch/dist" || exit
wheel=$(ls "$scratch"/dist/*.whl)
if [ $# -gt 0 ]; then
  extras=("$@")
else
  extras=(image video audio threed mos code parquet hub remote slurm ray scoring docs hf diffusers peft)
  extras+=("$(IFS=,; echo "${extras[*]}")")
fi
failed=0
for extra in "${extras[@]}"; do
  place=$scratch/one
  rm -rf "$place" && python3 -m venv "$place"
  # shellcheck disable=SC2086 # several words, as in --index-url
  case ",$extra," in
    *,hf,* | *,diffusers,* | *,peft,*) "$place/bin/pip" install --quiet $torch ;;
  esac
  said=$("$place/bin/pip" install --quiet "${wheel}[$extra]" 2>&1) && said=$("$place/bin/pip" check) \
    && "$place/bin/generalbench" --help >/dev/null \
    && (cd "$place" && GENERALBENCH_CACHE=$scratch/cache bin/pytest -q -p no:cacheprovider -k causal-reasoning \
      --generalbench-model=baseline:constant --generalbench-run=run >"$scratch/log" 2>&1)
  code=$?
  [ $code = 0 ] || { failed=1; tail -n 5 "$scratch/log" 2>/dev/null; }
  echo "$extra: $([ $code = 0 ] && echo ok || echo "failed: $said")"
done
exit $failed

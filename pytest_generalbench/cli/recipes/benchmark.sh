#!/usr/bin/env bash
# Runs the benchmark in a CI job and says in its exit code what that means. Everything is given by environment
# variables, so that the same file serves GitHub, GitLab and a shell:
#
#   GENERALBENCH_MODEL     the model, as --generalbench-model takes it
#   GENERALBENCH_ARGS      further arguments of pytest, such as: -k image -n 8 --generalbench-subset=nightly
#   GENERALBENCH_BASELINE  run folder of the default branch; it may be missing (default generalbench-baseline)
#   GENERALBENCH_OUT       where results go (default generalbench-ci): run/, junit.xml, summary.md, page/, badge.json
#   GENERALBENCH_SUMMARY   a file that the summary is appended to, such as $GITHUB_STEP_SUMMARY
#   GENERALBENCH_MERGE     folders of shards that were run before: they are merged instead of running anything
#
# Exit code: 0 no regression, or no baseline yet; 1 a regression, or the run was incomplete; 2 the runs cannot be
# compared; any other is pytest's own (4: wrong arguments).
set -uo pipefail

out=${GENERALBENCH_OUT:-generalbench-ci}
baseline=${GENERALBENCH_BASELINE:-generalbench-baseline}
run=$out/run
mkdir -p "$out"

if [ -n "${GENERALBENCH_MERGE:-}" ]; then
  # shellcheck disable=SC2086  # a list of folders
  generalbench merge $GENERALBENCH_MERGE --into "$run" || exit
  ran=0
else
  resume=()
  [ -e "$run/run.json" ] && resume=(--generalbench-resume) # the job is run again: go on where it ended
  # shellcheck disable=SC2086  # arguments of pytest, as on its command line
  pytest --generalbench-model="${GENERALBENCH_MODEL:?names no model}" --generalbench-run="$run" \
    --junitxml="$out/junit.xml" "${resume[@]}" ${GENERALBENCH_ARGS:-}
  ran=$?
fi
[ -e "$run/result.json" ] || exit "$((ran ? ran : 2))"

compared=0
lines=("$run")
if [ -e "$baseline/result.json" ]; then
  generalbench compare --gate "$baseline" "$run"
  compared=$?
  lines=("$baseline" "$run")
  [ "$compared" = 2 ] && lines=("$run")
else
  echo "no baseline in $baseline: this run becomes it"
fi

{
  case $ran:$compared in
    0:0) echo "**General-Bench: no regression**" ;;
    0:1) echo "**General-Bench: regression**" ;;
    0:2) echo "**General-Bench: the baseline cannot be compared with** (other data, metrics or prompts: make a new one)" ;;
    *) echo "**General-Bench: incomplete** (pytest ended with $ran)" ;;
  esac
  echo
  if [ "${#lines[@]}" = 2 ]; then
    generalbench summary "$run" --baseline "$baseline"
  else
    generalbench summary "$run"
  fi
} >"$out/summary.md"
[ -n "${GENERALBENCH_SUMMARY:-}" ] && cat "$out/summary.md" >>"$GENERALBENCH_SUMMARY"

generalbench report "${lines[@]}" --out "$out/page" >/dev/null || echo "the page could not be written" >&2
generalbench badge "$run" --out "$out/badge.json" || echo "the badge could not be written" >&2

[ "$ran" != 0 ] && exit "$ran"
exit "$compared"

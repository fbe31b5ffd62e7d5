#!/usr/bin/env bash
# Writes FILE as the one comment of General-Bench in a pull request: the comment of an earlier run is replaced.
# Needs gh, GH_TOKEN and REPOSITORY.
set -euo pipefail
pull=${1:?the number of the pull request} file=${2:?the file}
[ -e "$file" ] || { echo "no $file: nothing to say"; exit 0; }
mark='<!-- general-bench -->'
body=$(mktemp)
trap 'rm -f "$body"' EXIT
# A comment has 65,536 characters at most. With the run beside the file, the summary is made anew within that.
run=$(dirname "$file")/run
baseline=${GENERALBENCH_BASELINE:-generalbench-baseline}
{
  printf '%s\n' "$mark"
  if [ -e "$run/result.json" ]; then
    head -n 1 "$file" && echo
    compared=()
    [ -e "$baseline/result.json" ] && compared=(--baseline "$baseline")
    generalbench summary "$run" "${compared[@]}" --comment
  else
    head -c 60000 "$file" | iconv -c -f utf-8 -t utf-8
  fi
} >"$body"
comments="repos/${REPOSITORY:?}/issues/$pull/comments"
filter="[.[] | select(.body | startswith(\"$mark\"))][0].id // empty"
old=$(gh api "$comments?per_page=100" --jq "$filter")
if [ -n "$old" ]; then
  gh api --method PATCH "repos/$REPOSITORY/issues/comments/$old" --field "body=@$body" >/dev/null
else
  gh api --method POST "$comments" --field "body=@$body" >/dev/null
fi

#!/usr/bin/env bash
# Downloads the newest artifact NAME of the default branch into FOLDER; without one FOLDER stays away and the exit
# code is 0, since the first run has no baseline. Needs gh, GH_TOKEN, REPOSITORY and BRANCH.
set -uo pipefail
name=${1:?the name of the artifact} folder=${2:?the folder}
query="repos/${REPOSITORY:?}/actions/artifacts?name=$name&per_page=50"
filter="[.artifacts[] | select(.expired == false and .workflow_run.head_branch == \"${BRANCH:?}\")][0].workflow_run.id // empty"
if ! found=$(gh api "$query" --jq "$filter"); then
  echo "the artifacts of $REPOSITORY cannot be listed: going on without a baseline" >&2
  exit 0
fi
if [ -z "$found" ]; then
  echo "no artifact $name of $BRANCH yet"
  exit 0
fi
if ! gh run download "$found" --repo "$REPOSITORY" --name "$name" --dir "$folder"; then
  echo "the artifact $name cannot be downloaded" >&2
  exit 1
fi
echo "baseline: run $found of $BRANCH"

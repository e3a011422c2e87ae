#!/usr/bin/env bash
# Writes what the checked-out commit changes in campaigns since another one: review-campaigns.sh BASE FOLDER
#
# FOLDER gets review.md and one picture for each campaign of each environment that differs. Exits with 1 if a manifest is
# not valid; review.md then says why. Needs git, kubectl, jq and campaign-operator. PICTURES is put before the name of a
# picture, to link it from where it is published. NOW is the time to look ahead from, by default that of the clock.
set -euo pipefail
base=$1 out=$2 now=${NOW:-$(date --utc +%Y-%m-%dT%H:%M:%SZ)}
mkdir -p "$out"
work=$(mktemp -d)
trap 'git worktree remove --force "$work/base"; rm -rf "$work"' EXIT
git worktree add --quiet --detach "$work/base" "$base"

failed=0
exec 3> "$out/review.md"
for environment in campaigns/*/; do
  environment=$(basename "$environment")
  [ "$environment" != base ] || continue
  kubectl kustomize "campaigns/$environment" > "$work/new.yaml"
  : > "$work/old.yaml"
  if [ -d "$work/base/campaigns/$environment" ]; then
    kubectl kustomize "$work/base/campaigns/$environment" > "$work/old.yaml"
  fi
  if cmp --quiet "$work/old.yaml" "$work/new.yaml"; then
    continue
  fi

  printf '## %s\n\n' "$environment" >&3
  if ! campaign-operator validate "$work/new.yaml" > "$work/findings" 2>&1; then
    printf '```text\n%s\n```\n\n' "$(sed "s|$work/new.yaml|campaigns/$environment|" "$work/findings")" >&3
    failed=1
    continue
  fi
  against=()
  if campaign-operator preview "$work/old.yaml" --now "$now" > "$work/before" 2> "$work/errors"; then
    against=(--against "$work/old.yaml")
  fi
  campaign-operator preview "$work/new.yaml" --now "$now" -o json | jq --raw-output '.campaign | "\(.namespace)/\(.name)"' > "$work/names"
  while read -r name; do
    picture="$environment-${name##*/}.svg"
    campaign-operator preview "$work/new.yaml" --now "$now" --campaign "$name" -o svg > "$out/$picture"
    printf '![When %s calls](%s%s)\n\n' "$name" "${PICTURES:-}" "$picture" >&3
    campaign-operator preview "$work/new.yaml" --now "$now" --campaign "$name" "${against[@]}" > "$work/table"
    printf '```text\n%s\n```\n\n' "$(cat "$work/table")" >&3
  done < "$work/names"
done
if [ ! -s "$out/review.md" ]; then
  echo "No campaign changes." >&3
fi
exit "$failed"

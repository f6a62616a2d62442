#!/usr/bin/env bash
# Puts Ordo into a cluster. From then on Ordo keeps itself up to date from the repository; this script is for the first
# time and for repairs, and may be run as often as you like. It needs bash and kubectl.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
namespace_file="$here/bootstrap/namespace.yml"
template="$here/bootstrap/settings.example.yml"
settings_secret=variables-for-pipelineinitialisation
# Ordo's Jobs need podReplacementPolicy, which is on from this version on.
oldest_minor=29

usage() {
  cat <<'EOF'
Usage: ./deploy.sh --image REF [--context NAME] [--settings FILE] [--yes]

  --image REF      Ordo's image with a tag or a digest, such as ghcr.io/account/ordo:main
  --context NAME   the kubectl context of the cluster (default: the current one)
  --settings FILE  puts the settings in FILE in place of those in the cluster; without it they are kept, and when
                   there are none yet, bootstrap/settings.yml is taken
  --yes            do not ask before changing the cluster (nothing is asked without a terminal)
  --help           this text

Ends with 0: done, 1: something failed, 2: wrong arguments.
EOF
}

say() { printf '%s\n' "$*"; }

# What is wrong, then lines that say more or what to do.
fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@" | sed 's/^/  /' >&2; fi
  exit 1
}

wrong() {
  printf 'deploy.sh: %s\n' "$1" >&2
  printf '  ./deploy.sh --help shows what there is.\n' >&2
  exit 2
}

image=''
context=''
settings=''
yes=false

while [ $# -gt 0 ]; do
  case "$1" in
    --image | --context | --settings)
      if [ $# -lt 2 ] || [ -z "$2" ]; then wrong "$1 needs a value"; fi
      case "$1" in
        --image) image="$2" ;;
        --context) context="$2" ;;
        --settings) settings="$2" ;;
      esac
      shift 2
      ;;
    --yes) yes=true && shift ;;
    --help | -h) usage && exit 0 ;;
    *) wrong "unknown argument: $1" ;;
  esac
done

if [ -z "$image" ]; then wrong '--image is missing: which image of Ordo is to run?'; fi
# Nothing else than an image reference gets into YAML and into sed below.
name='[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*'
tag=':[A-Za-z0-9_][A-Za-z0-9._-]*'
digest='@sha256:[0-9a-f]{64}'
if ! [[ "$image" =~ ^$name($tag|($tag)?$digest)$ ]]; then
  wrong "--image $image is not an image with a tag or a digest, such as ghcr.io/account/ordo:main"
fi
if [ -n "$settings" ] && [ ! -r "$settings" ]; then wrong "--settings $settings: there is no such file, or it cannot be read"; fi

# --- Checks: nothing is changed before all of them have passed ---

if ! command -v kubectl >/dev/null; then
  fail 'kubectl was not found in PATH.' 'Install it: https://kubernetes.io/docs/tasks/tools/'
fi

copy_hint='Copy the whole content of the deploy folder of Ordo into the root of your repository.'
if [ ! -e "$namespace_file" ]; then fail "$namespace_file is missing." "$copy_hint"; fi

namespace="$(sed -n 's/^  name: *//p' "$namespace_file")"
if ! [[ "$namespace" =~ ^[a-z0-9-]+$ ]]; then fail "$namespace_file has to hold one Namespace with a line '  name: …'."; fi

view="$(kubectl config view --minify ${context:+--context "$context"} \
  --output 'jsonpath={.clusters[0].cluster.server} {.current-context}' 2>/dev/null || true)"
server="${view%% *}"
context="${context:-${view#* }}"
if [ -z "$context" ]; then
  fail 'kubectl has no current context, so it is not clear which cluster is meant.' \
    'Name one with --context NAME; kubectl config get-contexts lists them.'
fi

k() { kubectl --context "$context" "$@"; }

if ! version="$(k get --raw /version --request-timeout=15s 2>&1)"; then
  fail "the cluster of context $context (${server:-unknown server}) does not answer:" "$version"
fi
minor="$(sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p' <<<"$version")"
if ! [[ "$minor" =~ ^[0-9]+$ ]]; then fail "$server does not say which version of Kubernetes it is:" "$version"; fi
if [ "$minor" -lt "$oldest_minor" ]; then
  fail "$server runs Kubernetes 1.$minor; Ordo needs 1.$oldest_minor or newer." 'Update the cluster first.'
fi

if ! k auth can-i '*' '*' --all-namespaces >/dev/null 2>&1; then
  fail "context $context may not: kubectl auth can-i '*' '*' --all-namespaces" \
    'Putting Ordo into a cluster takes the rights of a cluster administrator: Ordo hands them to the Jobs that carry' \
    'out what the repository says, and Kubernetes lets nobody hand on a right that he does not have.'
fi

if ! existing="$(k --namespace "$namespace" get secret "$settings_secret" --ignore-not-found --output name 2>&1)"; then
  fail "the Secret $settings_secret in namespace $namespace cannot be read:" "$existing"
fi
if [ -z "$settings" ] && [ -z "$existing" ]; then
  settings="$here/bootstrap/settings.yml"
  if [ ! -r "$settings" ]; then
    fail "there are no settings yet: no Secret $settings_secret in namespace $namespace, and no $settings." \
      "cp $template $settings" \
      'Fill in your account, repository and token there, and run this again.'
  fi
fi
# Without kubectl's own words: they would quote what the file holds, and the file holds tokens.
fail_settings() {
  fail "$settings is not a Secret that Kubernetes understands." \
    "Compare it with $template; a value that is a number or true or false stands in quotes."
}
# What the settings call the watched folder, whether they hold it plain or in base64.
folder_name='{{with .data}}{{with index . "folder-name"}}{{base64decode .}}{{end}}{{end}}'
folder_name+='{{with .stringData}}{{with index . "folder-name"}}{{.}}{{end}}{{end}}'
if [ -n "$settings" ]; then
  if placeholder="$(grep -nE '^[^#]*: *<[^>]*>' "$settings")"; then
    fail "$settings still holds what you should have filled in (or the line deleted):" "$placeholder"
  fi
  said="$(k create --dry-run=client --filename "$settings" \
    --output "go-template={{.kind}} {{.metadata.name}} in {{.metadata.namespace}} $folder_name" 2>/dev/null)" || fail_settings
  expected="Secret $settings_secret in $namespace"
  folder="${said#"$expected "}"
  if [ "$folder" = "$said" ]; then fail "$settings holds: $said" "Expected: $expected"; fi
else
  folder="$(k --namespace "$namespace" get secret "$settings_secret" --output "go-template=$folder_name")"
fi
folder="${folder:-deploy}"
# The group of the watched folder that is Ordo itself; the groups after it are Ordo's work, not this script's.
group="$here/$folder/1-ordo"
if [ ! -e "$group" ]; then
  fail "$group is missing; folder-name in the settings says that $folder is the watched folder." "$copy_hint" \
    "Ordo's own group is in deploy/1-ordo there: it belongs into the watched folder, whatever that is called."
fi

# --- What is going to happen ---

say "Cluster:   $server (context $context, Kubernetes 1.$minor)"
say "Namespace: $namespace"
say "Folder:    $folder"
say "Image:     $image"
say "Settings:  ${settings:-the Secret that is there already (--settings FILE would replace it)}"
if [ "$yes" = false ] && [ -t 0 ]; then
  read -r -p 'Put Ordo into this cluster? [y/N] ' answer
  case "$answer" in
    y | Y | yes) ;;
    *) fail 'stopped; nothing was changed.' ;;
  esac
fi

# --- Changes ---

# The same words and the same field manager as Ordo's own, so that Ordo owns every field from the beginning.
apply() { k apply --server-side --force-conflicts --field-manager=ordo --filename -; }

# As nobody in particular: Ordo's stamps are in no file, so that to ordo itself each object would differ by them.
is_there() { k diff --server-side --force-conflicts --field-manager=deploy.sh --filename - >/dev/null 2>&1; }

# want FILE TEXT: what `put` then applies at once, unless it is in the cluster already; the first time there is nothing to compare.
wanted=''
want() {
  if [ -n "$existing" ] && is_there <<<"$2"; then say "${1##*/}: nothing to change"; else wanted+="---"$'\n'"$2"$'\n'; fi
}
put() {
  local hint='Mend it and run this again.'
  if [ -n "$wanted" ] && ! apply <<<"$wanted"; then fail "$1 could not be applied; the lines above say why." "$hint"; fi
  wanted=''
}

want "$namespace_file" "$(<"$namespace_file")"
put "$namespace_file"
if [ -n "$settings" ]; then
  if [ -n "$existing" ]; then
    # Not applied: what came from stringData stays when it is no longer in the file.
    k replace --field-manager=ordo --filename "$settings" 2>/dev/null || fail_settings
  else
    apply <"$settings" 2>/dev/null || fail_settings
  fi
fi

# The Deployment, or the CronJob of examples/cronjob.yml in its place.
kind_of_ordo() { if grep -q '^  name: ordo$' "$1"; then sed -nE 's/^kind: (Deployment|CronJob)$/\1/p' "$1"; fi; }
in_order() {
  local file
  for file in "$group"/[0-9]*-*.yml "$group"/[0-9]*-*.yaml "$group"/[0-9]*-*.json; do
    if [ -f "$file" ]; then printf '%s\n' "${file##*/}"; fi
  done | LC_ALL=C sort -n
}

# Ordo has put the digest behind the tag by itself. That stays as long as it runs well; else the tag is taken anew.
if [ -n "$existing" ]; then
  ordo="$(k --namespace "$namespace" get deployment ordo --ignore-not-found \
    --output 'jsonpath={.status.availableReplicas} {.spec.template.spec.containers[0].image}')"
  if [[ "$ordo" == "1 $image@"* ]]; then image="${ordo#1 }"; fi
fi

runs_as=''
while IFS= read -r name; do
  file="$group/$name"
  kind="$(kind_of_ordo "$file")"
  if [ -n "$kind" ]; then
    rendered="$(sed -E "s|^( *(- )?image:) *image_url_var *\$|\1 $image|" "$file")"
    if [[ "$rendered" != *"image: $image"* ]]; then
      fail "$file has no line 'image: image_url_var' for --image to fill in."
    fi
    want "$file" "$rendered"
    runs_as="$kind"
  elif grep -qE '\b(image_url_var|pull_ghcr_image_token)\b' "$file"; then
    say "$name is left to Ordo: only Ordo can fill in what it leaves open"
  else
    want "$file" "$(<"$file")"
  fi
done < <(in_order)
put "$group"
if [ -z "$runs_as" ]; then fail "no file in $group holds the Deployment (or CronJob) ordo."; fi
if [ "$runs_as" = CronJob ]; then
  say "A run right now: kubectl --context $context -n $namespace create job --from=cronjob/ordo ordo-now"
  exit 0
fi

if ! k --namespace "$namespace" rollout status deployment/ordo --timeout=5m; then
  fail 'Ordo did not become ready within five minutes. What it says:' \
    "kubectl --context $context -n $namespace describe pods -l app=ordo" \
    "kubectl --context $context -n $namespace logs deployment/ordo"
fi

say ''
say 'Ordo runs. What it does:'
say "  kubectl --context $context -n $namespace logs deployment/ordo --follow"
say 'What it would do next:'
say "  kubectl --context $context -n $namespace exec deployment/ordo -- ordo plan"

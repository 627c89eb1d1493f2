#!/usr/bin/env bash
# Fetches a published checkpoint from its hub, with resume and checksums.
# usage: scripts/download_model.sh NAME [DIR]        DIR: models/NAME when absent
#
# Nothing appears in DIR before every file is whole: parts wait in DIR/.download, and a second run goes on with them.
# A file is whole when it has the size and the SHA-256 that the hub states (the size alone where it states no checksum).
#   UIE_HUB             address of the hub or a mirror of it; default https://www.modelscope.cn
#   UIE_HUB_REVISION    branch or tag; default master
#   UIE_DOWNLOAD_TRIES  attempts a file, default 5      UIE_DOWNLOAD_PAUSE  seconds between them, default 3
set -euo pipefail

hub=${UIE_HUB:-https://www.modelscope.cn}
hub=${hub%/}
revision=${UIE_HUB_REVISION:-master}
tries=${UIE_DOWNLOAD_TRIES:-5}
pause=${UIE_DOWNLOAD_PAUSE:-3}

# name, id on the hub
models='
rex-uninlu      iic/nlp_deberta_rex-uninlu_chinese-base
siamese-uie     iic/nlp_structbert_siamese-uie_chinese-base
siamese-uninlu  iic/nlp_structbert_siamese-uninlu_chinese-base
'
needed='pytorch_model.bin vocab.txt config.json'
welcome='configuration.json tokenizer_config.json special_tokens_map.json'

say() { echo "$*" >&2; }
die() {
  say "download_model: $*"
  exit 1
}

usage() {
  say "usage: scripts/download_model.sh NAME [DIR]"
  say "NAME is one of:"
  sed '/^$/d; s/^/  /' <<<"$models" >&2
  exit 2
}

# The hub's list of files (JSON on stdin) as lines "SHA256 SIZE PATH", "-" for what it does not state. awk because a
# user's machine may have neither jq nor python3.
parse_listing() {
  LC_ALL=C awk '
    function field(name) { return value[depth, name] == "" ? "-" : value[depth, name] }
    function clear() { value[depth, "Path"] = value[depth, "Type"] = value[depth, "Size"] = value[depth, "Sha256"] = "" }
    function emit() {
      if (value[depth, "Path"] == "" || value[depth, "Type"] == "tree") return
      gsub(/ /, "?", value[depth, "Path"])
      print tolower(field("Sha256")), field("Size"), field("Path")
    }
    { text = text $0 " " }
    END {
      while (match(text, /"([^"\\]|\\.)*"|[{}\[\],:]|[^ \t\r{}\[\],:"]+/)) {
        token = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (token == ":") key = last
        else if (token == "{") { ++depth; clear(); key = "" }
        else if (token == "}") { emit(); clear(); --depth }
        else if (token == "[") key = ""
        else if (token != "]" && token != ",") {
          gsub(/^"|"$/, "", token)
          if (key != "") value[depth, key] = token
          last = token
          key = ""
        }
      }
    }'
}

is_checksum() { [[ $1 =~ ^[0-9a-f]{64}$ ]]; }
size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }
checksum_of() { sha256sum "$1" | cut -d' ' -f1; }

# whole FILE SHA256 SIZE
whole() {
  [ -f "$1" ] && [ "$(size_of "$1")" = "$3" ] || return 1
  ! is_checksum "$2" || [ "$(checksum_of "$1")" = "$2" ]
}

curl_quietly() {
  curl --fail --location --silent --show-error --connect-timeout 20 --speed-limit 1024 --speed-time 60 "$@"
}

# An answer that another attempt will not change.
is_final() { case $1 in 401 | 403 | 404 | 410) ;; *) return 1 ;; esac; }

# The status of the last answer whose head is in the file; "" when there was none.
http_status() { sed -n 's/^HTTP\/[0-9.]* \([0-9]*\).*/\1/p' "$1" 2>/dev/null | tail -1; }

# One attempt to bring PART from what it is to SIZE bytes. At most one byte more is ever written, so that a server that
# does not stop fills no disk. Returns 0: the size is right, 1: try again, 2: hopeless; says in $why what went wrong.
attempt() {
  local url=$1 part=$2 size=$3 have status statuses
  have=$(size_of "$part")
  rm -f "$work/head" "$work/curl"
  if [ -t 2 ]; then
    curl_quietly --no-silent --progress-bar --continue-at "$have" --dump-header "$work/head" --output - "$url"
  else
    curl_quietly --continue-at "$have" --dump-header "$work/head" --output - "$url" 2>"$work/curl"
  fi | head -c "$((size - have + 1))" >>"$part"
  statuses=("${PIPESTATUS[@]}")
  have=$(size_of "$part")
  status=$(http_status "$work/head")
  why=$(tail -1 "$work/curl" 2>/dev/null || true)
  why=${why:-the connection ended after $have of $size bytes}
  [[ -z $status || $status == 2* ]] || why="the hub answers $status"
  if [ "${statuses[1]}" != 0 ]; then
    why="$part cannot be written"
    return 2
  elif is_final "$status"; then
    return 2
  elif [ "$have" -gt "$size" ]; then
    why="the hub sends more than the $size bytes that it stated; starting over"
    rm -f "$part"
    return 1
  elif [ "$have" = "$size" ]; then
    return 0
  elif [ "${statuses[0]}" = 33 ] || [ "$status" = 416 ]; then
    why="the hub does not resume; starting over"
    rm -f "$part"
  fi
  return 1
}

# fetch FILE SHA256 SIZE
fetch() {
  local file=$1 sha256=$2 size=$3 part="$work/$1.part" done="$work/$1" try code
  local url="$hub/api/v1/models/$id/repo?Revision=$revision&FilePath=$file"
  why=
  for ((try = 1; try <= tries; ++try)); do
    if [ "$try" -gt 1 ]; then
      say "$file: $why; attempt $try of $tries"
      sleep "$pause"
    fi
    [ "$(size_of "$part")" -le "$size" ] || rm -f "$part"
    if [ "$(size_of "$part")" != "$size" ]; then
      code=0
      attempt "$url" "$part" "$size" || code=$?
      [ "$code" != 2 ] || die "$file of $id: $why ($url)"
      [ "$code" = 0 ] || continue
    fi
    if whole "$part" "$sha256" "$size"; then
      mv "$part" "$done"
      return
    fi
    rm -f "$part"
    why="the checksum is wrong; starting over"
  done
  die "$file of $id: $why; gave up after $tries attempts ($url). Run the same command again to go on"
}

[ $# -ge 1 ] && [ $# -le 2 ] || usage
name=$1
id=$(awk -v name="$name" '$1 == name { print $2 }' <<<"$models")
[ -n "$id" ] || { say "download_model: there is no model '$name'"; usage; }
dir=${2:-$(cd "$(dirname "$0")/.." && pwd)/models/$name}
command -v curl >/dev/null || die "curl is needed: apt-get install curl"

work="$dir/.download"
mkdir -p "$work" || die "$work cannot be made"
exec 9>"$work/lock"
flock -n 9 || die "another download into $dir is under way"

listing_url="$hub/api/v1/models/$id/repo/files?Revision=$revision&Recursive=true"
listing=
for ((try = 1; try <= tries; ++try)); do
  rm -f "$work/head"
  ! listing=$(curl_quietly --max-time 60 --max-filesize 10000000 --dump-header "$work/head" "$listing_url" 2>"$work/curl") || break
  listing=
  ! is_final "$(http_status "$work/head")" || break
  [ "$try" = "$tries" ] || sleep "$pause"
done
[ -n "$listing" ] || die "the hub's list of files cannot be had: $(tail -1 "$work/curl") ($listing_url)"
listing=$(parse_listing <<<"$listing")

for file in $needed $welcome; do
  line=$(awk -v file="$file" '$3 == file { print; exit }' <<<"$listing")
  if [ -z "$line" ]; then
    [[ " $welcome " == *" $file "* ]] || die "the hub lists no $file for $id ($listing_url)"
    continue
  fi
  read -r sha256 size _ <<<"$line"
  [[ $size =~ ^[0-9]{1,15}$ ]] || die "the hub does not state the size of $file ($listing_url)"
  if whole "$dir/$file" "$sha256" "$size" || whole "$work/$file" "$sha256" "$size"; then
    say "$file: here already"
    continue
  fi
  say "$file: $size bytes"
  fetch "$file" "$sha256" "$size"
  is_checksum "$sha256" || say "$file: the hub states no checksum; its size is right"
done

# All are whole. config.json last: a folder without one is no model.
for file in $welcome $needed; do
  [ ! -f "$work/$file" ] || mv "$work/$file" "$dir/$file"
done
rm -rf "$work"
say "$dir is complete; serve it with: uie serve --model $name=$dir"

#!/bin/bash
# Checks of the text that need no build.
#   tests/lint.sh          all of them
#   tests/lint.sh tidy B   clang-tidy on every source, with the compile commands of build directory B; fuzz targets, which
#                          have none, with those of a source near by
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

complain() {
  echo "lint: $*" >&2
  failed=1
}

# Tracked and new files, not those that git ignores or that are deleted.
files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    if [ -f "$file" ]; then echo "$file"; fi
  done
}

check_format() {
  local places
  places=$(files '*.h' '*.cpp' | xargs -r clang-format --dry-run 2>&1 | grep -oE '^[^ :]+:[0-9]+' | sort -u || true)
  [ -z "$places" ] || complain "clang-format -i would change"$'\n'"$places"
}

# forbid FOLDER PATTERN WHY
forbid() {
  local found
  found=$(grep -rnE --include='*.h' --include='*.cpp' "$2" "$1" || true)
  [ -z "$found" ] || complain "$3:"$'\n'"$found"
}

# From the ground up: a file of relay/ includes its own row and those above it here, never one below; the names of a row
# do not include each other. A longer name counts before a shorter one.
relay_order='
base
gst net
values
rtp
queue
sdp
dtls
srtp
port
jitter
ingest
peer
track
synthetic
outputs/place
outputs/output.h outputs/output_metrics.h
outputs/queue_at_track
outputs/record outputs/rtp outputs/webrtc/transport outputs/webrtc/media
outputs/webrtc/worker
outputs/webrtc
outputs
call
relay.
'
# What daemon/ may include of relay/, beside values/ and synthetic/.
relay_face='relay/(relay|call/call|base/(loop|log|histogram|random|source)|sdp/(fragment|text|description))\.h|relay/(values|synthetic)/.*'

# `FILE INCLUDED` for each include of ours, both as from the top.
includes() {
  files 'config/*.h' 'config/*.cpp' 'relay/*.h' 'relay/*.cpp' 'daemon/*.h' 'daemon/*.cpp' |
    xargs grep -HoE '^#include "(config|relay|daemon)/[^"]+"' | sed -E 's/:#include "(.*)"/ \1/'
}

check_relay_order() {
  local wrong
  wrong=$(includes | awk -v order="$relay_order" '
    BEGIN {
      rows = split(order, row, "\n")
      for (r = 1; r <= rows; r++) {
        names = split(row[r], name, " ")
        for (n = 1; n <= names; n++) rank[name[n]] = r
      }
    }
    # The longest name of the order that the file begins with.
    function placeOf(file, name, best) {
      file = substr(file, length("relay/") + 1)
      best = ""
      for (name in rank)
        if (index(file, name) == 1 && length(name) > length(best)) best = name
      return best
    }
    $1 ~ /^relay\// && $2 ~ /^relay\// {
      from = placeOf($1)
      to = placeOf($2)
      if (from == "") print $1 " has no place in the order"
      else if (rank[to] > rank[from]) print $1 " includes upwards: " $2
      else if (rank[to] == rank[from] && to != from) print $1 " includes sideways: " $2
    }' | sort -u)
  [ -z "$wrong" ] || complain "the order of relay/ in tests/lint.sh:"$'\n'"$wrong"
}

# Headers that include each other compile as long as nobody needs the second one whole.
check_circles() {
  local circles
  circles=$(includes | sort -u | awk '
    { next_[$1] = next_[$1] " " $2 }
    function visit(file, path, list, count, i) {
      if (state[file] == 2) return
      if (state[file] == 1) { print substr(path, index(path, " " file) + 1) " " file; return }
      state[file] = 1
      count = split(next_[file], list, " ")
      for (i = 1; i <= count; i++) visit(list[i], path " " file)
      state[file] = 2
    }
    END { for (file in next_) visit(file, "") }')
  [ -z "$circles" ] || complain "includes in a circle:"$'\n'"$circles"
}

check_layers() {
  local found
  check_relay_order
  check_circles
  found=$(includes | awk '$1 ~ /^daemon\// && $2 ~ /^relay\// { print }' | grep -vE " ($relay_face)$" || true)
  [ -z "$found" ] || complain "daemon/ sees only the face of relay/:"$'\n'"$found"
  forbid relay '#include [<"](libsoup|nlohmann|yaml-cpp|systemd|prometheus|boost|daemon)/' \
    "relay/ knows no HTTP, JSON, YAML, systemd, Prometheus or daemon"
  forbid config '#include [<"](gst|glib|libsoup|nlohmann|systemd|prometheus|relay|daemon)/' \
    "config/ knows only YAML, and GLib for text"
  forbid daemon '#include [<"](gst|nice)/' "daemon/ knows no GStreamer"
  forbid relay '^#include [<"]relay/.*(whip|whep|janus)' "relay/ knows no signalling protocol"
}

# A formatter that wraps a long line leaves the end of its comment on a line of its own, where it describes nothing.
check_comments() {
  local torn
  torn=$(files '*.h' '*.cpp' | xargs grep -nE '^[[:space:]]*///<' || true)
  [ -z "$torn" ] || complain "a trailing ///< without its member:"$'\n'"$torn"
}

check_top_level() {
  local allowed='^(\..*|CMakeLists\.txt|CMakePresets\.json|README\.md|LICENSE|CHANGELOG\.md|config|relay|daemon|systemd|docker|tests)$'
  local other
  other=$(files | cut -d/ -f1 | sort -u | grep -vE "$allowed" || true)
  [ -z "$other" ] || complain "does not belong at the top:" "$other"
}

check_scripts() {
  local scripts
  scripts=$(files '*.sh' .ci/run)
  # shellcheck disable=SC2086 # a list of words
  shellcheck -x $scripts || complain "shellcheck"
  for script in $scripts; do
    [ "$script" = .ci/run ] || [ -x "$script" ] || complain "$script is not executable"
  done
  files '*.mjs' '*.js' | while read -r script; do node --check "$script"; done || complain "node --check"
  files '*.py' | xargs -r python3 -c 'import ast, sys; [ast.parse(open(f).read(), f) for f in sys.argv[1:]]' ||
    complain "python3 cannot read the above"
}

check_words() {
  local found
  found=$(files '*.h' '*.cpp' '*.mjs' '*.py' '*.sh' CMakeLists.txt '*/CMakeLists.txt' | grep -vx tests/lint.sh |
    xargs -r grep -nE '\b(TODO|FIXME|XXX)\b' || true)
  [ -z "$found" ] || complain "unfinished:"$'\n'"$found"
  ! grep -n '"resolved"' tests/interop/package-lock.json || complain "the lock file names a registry"
  ! files '*' | xargs grep -nIE '[[:blank:]]+$' || complain "blanks at the end of a line"
}

check_unit() {
  systemd-analyze security --offline=true --threshold=15 systemd/spillway.service >/dev/null ||
    complain "systemd-analyze security is above 1.5"
}

# `SOURCE HEADER…` a line: each source with the headers of ours that it includes, directly or not. A name that stands for
# two files counts as both.
sources_with_headers() {
  # shellcheck disable=SC2016 # awk's own
  files '*.h' '*.cpp' | xargs awk '
    function normal(path, before) {
      do { before = path; sub(/[^\/]+\/\.\.\//, "", path) } while (path != before)
      return path
    }
    function visit(file, names, count, i, folder) {
      if (!(file in known) || file in seen) return
      seen[file]
      closure = closure " " file
      folder = file
      sub(/[^\/]*$/, "", folder)
      count = split(includes[file], names, " ")
      for (i = 1; i <= count; i++) {
        visit(normal(folder names[i]))
        visit(names[i])
        visit("tests/" names[i])
      }
    }
    FNR == 1 { known[FILENAME] }
    /^ *# *include "/ { split($0, parts, "\""); includes[FILENAME] = includes[FILENAME] " " parts[2] }
    END {
      for (file in known) {
        if (file !~ /\.cpp$/) continue
        split("", seen)
        closure = ""
        visit(file)
        print substr(closure, 2)
      }
    }'
}

# What clang-tidy loads to leave out system headers, which take two thirds of its time. Without it, it finds the same.
tidy_scope() { # BUILD
  local source=tests/support/tidy_scope.cpp plugin=$1/tidy_scope.so
  [ "$plugin" -nt "$source" ] || clang++ -std=c++17 -Wall -Wextra -Werror -fno-rtti -fPIC -shared \
    -isystem "$(llvm-config --includedir)" "$source" -o "$plugin" >&2 || {
    echo "lint: without libclang-dev and llvm-dev clang-tidy takes three times as long" >&2
    return 0
  }
  echo "-load=$plugin"
}

# A source is checked again only when it, a header that it includes or the rules changed.
tidy() {
  local build=$1 stamps=${XDG_CACHE_HOME:-$HOME/.cache}/spillway/tidy rules source headers scope
  mkdir -p "$stamps"
  rules=$({ clang-tidy --version; cat .clang-tidy tests/.clang-tidy tests/support/tidy_scope.cpp; } | sha256sum)
  scope=$(tidy_scope "$build")
  export build scope
  # shellcheck disable=SC2086,SC2016 # a list of names; expanded by the inner shell
  sources_with_headers | while read -r source headers; do
    [ "$source" = tests/support/tidy_scope.cpp ] ||
      echo "$stamps/$({ echo "$rules $source"; cat "$source" $headers; } | sha256sum | cut -c1-64) $source"
  done | sort -k 2 | xargs -P "$(nproc)" -L 1 sh -c '
    [ -e "$0" ] && exit 0
    case $1 in tests/fuzz/*) root=--extra-arg=-I$PWD ;; *) root= ;; esac
    clang-tidy ${scope:+"$scope"} ${root:+"$root"} -p "$build" --quiet "$1" 2>/dev/null && touch "$0"' || complain "clang-tidy"
  find "$stamps" -type f -mtime +30 -delete
}

if [ "${1-}" = tidy ]; then
  tidy "${2:?the build directory}"
else
  check_format
  check_layers
  check_comments
  check_top_level
  check_scripts
  check_words
  check_unit
fi
exit "$failed"

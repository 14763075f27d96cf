#!/bin/bash
# Checks of the text that need no build.
#   tests/lint.sh          all of them
#   tests/lint.sh tidy B   clang-tidy on every source, with the compile commands of build directory B
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

check_layers() {
  forbid relay '#include [<"](libsoup|nlohmann|yaml-cpp|systemd|prometheus|boost|daemon)/' \
    "relay/ knows no HTTP, JSON, YAML, systemd, Prometheus or daemon"
  forbid config '#include [<"](gst|glib|libsoup|nlohmann|systemd|prometheus|relay|daemon)/' \
    "config/ knows only YAML"
  forbid daemon '#include [<"](gst|nice)/' "daemon/ knows no GStreamer"
  forbid relay '^#include [<"]relay/.*(whip|whep|janus)' "relay/ knows no signalling protocol"
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

# A source is checked again only when it, a header that it includes or the rules changed.
tidy() {
  local build=$1 stamps=${XDG_CACHE_HOME:-$HOME/.cache}/spillway/tidy rules source headers
  mkdir -p "$stamps"
  rules=$({ clang-tidy --version; cat .clang-tidy tests/.clang-tidy; } | sha256sum)
  export build
  # shellcheck disable=SC2086,SC2016 # a list of names; expanded by the inner shell
  sources_with_headers | while read -r source headers; do
    echo "$stamps/$({ echo "$rules $source"; cat "$source" $headers; } | sha256sum | cut -c1-64) $source"
  done | sort -k 2 | xargs -P "$(nproc)" -L 1 sh -c '
    [ -e "$0" ] && exit 0
    clang-tidy -p "$build" --quiet "$1" 2>/dev/null && touch "$0"' || complain "clang-tidy"
  find "$stamps" -type f -mtime +30 -delete
}

if [ "${1-}" = tidy ]; then
  tidy "${2:?the build directory}"
else
  check_format
  check_layers
  check_top_level
  check_scripts
  check_words
  check_unit
fi
exit "$failed"

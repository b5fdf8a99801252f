#!/bin/bash
# Builds and runs the fuzz targets: scripts/fuzz.sh [TARGET|all [SECONDS]]
#
# A target is a folder Fuzz/NAME with NAME.swift, whose comments at the top say what it needs:
#   // module: MQTTClient        the library target under test, or several
#   // sources: Sources/Bridge/JSON/*.swift    files to compile in, because no library has them
#   // link: -lmicrohttpd        further linker arguments, if any
# It is compiled together with Fuzz/Shared/MODULE/*.swift of its first module. Fuzz/NAME/corpus holds
# committed inputs; what a run adds goes to .build-fuzz/corpus/NAME, and inputs that fail to
# .build-fuzz/failures.
# With SECONDS=0 each committed input runs once.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-all}
seconds=${2:-60}
scratch=$PWD/.build-fuzz
flags=(-O -swift-version 6 -strict-memory-safety -warnings-as-errors -parse-as-library
  -sanitize=fuzzer,address)

header() {
  sed -n "s|^// $2: ||p" "Fuzz/$1/$1.swift"
}

# Builds the modules of a list such as HTTPFront+MQTTClient side by side.
build_modules() {
  local module
  for module in ${1//+/ }; do
    swift build --configuration release --target "$module" --scratch-path "$scratch/$1" \
      -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library >"$scratch/$1.log" 2>&1 ||
      { cat "$scratch/$1.log"; return 1; }
  done
}

# The object files of modules and their dependencies, without those of deleted sources.
objects() {
  local sources source object
  for sources in "$scratch/$1"/release/*.build/sources; do
    tr -d "'" <"$sources" | while read -r source; do
      object=$(dirname "$sources")/$(basename "$source").o
      if [ -f "$object" ]; then echo "\"$object\""; fi
    done
  done
}

build_target() {
  local name=$1 modules=$2 first=${2%%+*} package
  # The compiler lets the target see `package` declarations if it says that it is in the package.
  package=$(grep -F "\"-module-name\",\"$first\"" "$scratch/$modules/release.yaml" |
    sed -n 's/.*"-package-name","\([^"]*\)".*/\1/p' | head -n 1)
  objects "$modules" >"$scratch/$modules.objects"
  shopt -s nullglob
  # shellcheck disable=SC2046
  swiftc "${flags[@]}" -module-name "$name" -package-name "$package" \
    -I "$scratch/$modules/release/Modules" -I Sources/CLinux -I Sources/COpenSSL -I Sources/CZlib \
    Fuzz/"$name"/*.swift Fuzz/Shared/"$first"/*.swift $(header "$name" sources) \
    "@$scratch/$modules.objects" $(header "$name" link) -o "$scratch/$name" \
    >"$scratch/$name.log" 2>&1 || { grep -v '^/usr/bin/ld' "$scratch/$name.log"; return 1; }
}

run_target() {
  local name=$1 limit=(-max_total_time="$seconds")
  [ "$seconds" -gt 0 ] || limit=(-runs=0)
  mkdir -p "$scratch/corpus/$name" "$scratch/failures"
  local log=$scratch/$name.log
  if ! SWIFT_BACKTRACE=enable=no "$scratch/$name" "${limit[@]}" -print_final_stats=1 \
    -artifact_prefix="$scratch/failures/$name-" "$scratch/corpus/$name" "Fuzz/$name/corpus" \
    >"$log" 2>&1; then
    tail -n 60 "$log"
    echo "fuzz: $name FAILED"
    return 1
  fi
  echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
}

mkdir -p "$scratch"
if [ "$target" = all ]; then
  targets=$(for file in Fuzz/*/*.swift; do basename "$(dirname "$file")"; done | sort -u)
else
  [ -f "Fuzz/$target/$target.swift" ] || { echo "fuzz: no target $target"; exit 2; }
  targets=$target
fi

built=
for name in $targets; do
  modules=$(header "$name" module | tr ' ' '+')
  case " $built " in
  *" $modules "*) ;;
  *) build_modules "$modules"; built="$built $modules" ;;
  esac
  build_target "$name" "$modules"
  run_target "$name"
done

#!/usr/bin/env bash
# Installs into a temporary prefix, then configures, builds and runs examples/consumer against it.
# Usage: install_and_consume.sh SOURCE BUILD LIBTORCH CMAKE
set -euo pipefail
source=$1 build=$2 libtorch=$3 cmake=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/prefix" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
cp -r "$source/examples/consumer" "$work/consumer"
"$cmake" -S "$work/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DBIODTA_LIBTORCH_ROOT="$libtorch" \
  -DCMAKE_BUILD_TYPE=Release
"$cmake" --build "$work/build"
printf 'ensembl_id\tsymbol\tnonzero_median\nENSG1\tGATA4\t2.0\nENSG2\tTBX5\t1.0\nENSG3\tNPPA\t8.0\n' >"$work/genes.tsv"
output=$("$work/build/consumer" "$work/genes.tsv" 4 3 16)
echo "$output"
# 4/2 = 2, 3/1 = 3, 16/8 = 2: TBX5 first, then the tie by token id.
grep -qx 'order: TBX5 GATA4 NPPA' <<<"$output"
grep -qE '^hidden: 3 x 16$' <<<"$output"

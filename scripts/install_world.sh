#!/usr/bin/env bash
# Install what the world is made from, beside what scripts/install_debian.sh brings: programs for captures, tools for
# transcripts, Wine, message catalogues.
#
#   scripts/install_world.sh              every list in scripts/world/
#   scripts/install_world.sh wine pages   these lists only
#
# Needs root and apt-get. A package that this release of Debian does not have is named and passed over.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v apt-get >/dev/null; then
    echo "install_world.sh: apt-get was not found; this script serves Debian and its relatives only" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "install_world.sh: run this as root, for instance: sudo $0" >&2
    exit 1
fi

lists=("$@")
if [ "${#lists[@]}" -eq 0 ]; then
    for path in world/*.txt; do lists+=("$(basename "$path" .txt)"); done
fi
wanted=()
for name in "${lists[@]}"; do
    if [ ! -f "world/$name.txt" ]; then
        echo "install_world.sh: no list $name; there are: $(ls world | sed 's/\.txt$//' | tr '\n' ' ')" >&2
        exit 1
    fi
    while read -r package; do wanted+=("$package"); done < <(sed 's/#.*//' "world/$name.txt" | tr -s ' \t' '\n' | sed '/^$/d')
done

export DEBIAN_FRONTEND=noninteractive
apt-get update -q || echo "install_world.sh: apt-get update failed; going on with the lists that are here" >&2
available=()
for package in "${wanted[@]}"; do
    if apt-cache policy "$package" 2>/dev/null | grep '^  Candidate: [^(]' >/dev/null; then
        available+=("$package")
    else
        echo "install_world.sh: no package $package here, passed over" >&2
    fi
done
[ "${#available[@]}" -eq 0 ] || apt-get install -q -y --no-install-recommends "${available[@]}"

#!/usr/bin/env bash
# Install the Debian packages that the rendering tests, the captures and the comparison with Tesseract use.
#
# Needs root and apt-get. A package that this release of Debian does not have is named and passed over.
# Does nothing, and quickly, when all is there already.
set -euo pipefail

if ! command -v apt-get >/dev/null; then
    echo "install_debian.sh: apt-get was not found; this script serves Debian and its relatives only" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "install_debian.sh: run this as root, for instance: sudo $0" >&2
    exit 1
fi

wanted="
ca-certificates curl git jq make fontconfig
tesseract-ocr tesseract-ocr-eng
xvfb xterm openbox xdotool xfonts-base xfonts-75dpi xfonts-100dpi chromium zenity python3-tk

fonts-agave fonts-anonymous-pro fonts-cantarell fonts-clear-sans fonts-courier-prime fonts-croscore
fonts-crosextra-caladea fonts-crosextra-carlito fonts-dejavu fonts-dejavu-extra fonts-ebgaramond fonts-fantasque-sans
fonts-firacode fonts-freefont-ttf fonts-gfs-neohellenic fonts-hack fonts-inconsolata fonts-inter fonts-jetbrains-mono
fonts-junicode fonts-jura fonts-karla fonts-lato fonts-liberation fonts-liberation2 fonts-linuxlibertine fonts-monofur
fonts-mononoki fonts-mplus fonts-noto-core fonts-noto-mono fonts-noto-ui-core fonts-open-sans fonts-oxygen fonts-play
fonts-prociono fonts-proggy fonts-quicksand fonts-roboto fonts-roboto-slab fonts-sil-andika fonts-sil-charis
fonts-sil-gentium fonts-sil-gentium-basic fonts-terminus fonts-terminus-otb fonts-texgyre fonts-unifont fonts-urw-base35
fonts-vollkorn fonts-wine
"

# A Python from elsewhere (pyenv, a container image) is as good as Debian's, if it can make virtual environments.
if ! "${PYTHON:-python3}" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    wanted="python3 python3-venv $wanted"
fi

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep '^install ok installed$' >/dev/null; }

missing=()
for package in $wanted; do
    installed "$package" || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q || echo "install_debian.sh: apt-get update failed; going on with the lists that are here" >&2

available=()
for package in "${missing[@]}"; do
    # An older list may know a package's name only: without a candidate version it cannot be installed.
    # (No grep -q: it would close the pipe early, and pipefail would take apt-cache's broken pipe for a missing package.)
    if apt-cache policy "$package" 2>/dev/null | grep '^  Candidate: [^(]' >/dev/null; then
        available+=("$package")
    else
        echo "install_debian.sh: no package $package here, passed over" >&2
    fi
done
if [ "${#available[@]}" -gt 0 ]; then
    apt-get install -q -y --no-install-recommends "${available[@]}"
    if command -v fc-cache >/dev/null; then
        fc-cache -f
    fi
fi
